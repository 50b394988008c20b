package site

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/segment/ask"
)

const mostTitle = 80

type chatPage struct {
	Conversations []conversation
	Conversation  conversation
	Bubbles       []bubble
	Action        string
	Tier          string // of a ready-made conversation
	Tiers         []string
	Suggestions   []string
}

func (s *Site) chat(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot) error {
	if r.URL.Query().Get("about") != "" {
		return s.chatAbout(w, r, snap)
	}
	examples := snap.Examples(false, s.locales.of(r))
	return s.showChat(w, r, s.t(r, "chat.title"), chatPage{Tiers: snap.Tiers, Action: "/chat", Suggestions: examples[:min(6, len(examples))]})
}

// showChat shows a page with the list of conversations.
func (s *Site) showChat(w http.ResponseWriter, r *http.Request, title string, p chatPage) (err error) {
	if p.Conversations, err = s.records.conversations(r.Context(), kindChat); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "chat", title, p)
}

// aboutTier is the ready-made conversation about a tier, as the model in use
// answers it.
func (s *Site) aboutTier(r *http.Request, snap *snapshot.Snapshot, tier string) ([]message, error) {
	l := s.locales.of(r)
	other := snap.Tiers[0]
	if other == tier && len(snap.Tiers) > 1 {
		other = snap.Tiers[1]
	}
	var out []message
	for _, q := range ask.About(l, tier, other) {
		reply, err := answer(snap.Ask(r.Context(), q, nil, l))
		if err != nil {
			return nil, err
		}
		out = append(out, question(q), reply)
	}
	return out, nil
}

func (s *Site) chatAbout(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot) error {
	tier, _ := findTier(snap, r.URL.Query().Get("about"))
	if tier == "" {
		return errNotFound
	}
	messages, err := s.aboutTier(r, snap, tier)
	if err != nil {
		return err
	}
	c := conversation{Title: s.t(r, "chat.about", tier), Messages: messages}
	return s.showChat(w, r, c.Title, chatPage{Conversation: c, Bubbles: bubbles(c, "/chat"), Action: "/chat", Tier: tier, Tiers: snap.Tiers})
}

// chatNew begins a conversation with a question, or goes on with a ready-made
// one.
func (s *Site) chatNew(w http.ResponseWriter, r *http.Request, shown *snapshot.Snapshot) error {
	text := cleanText(r.PostFormValue("question"), ask.MaxLength)
	tier, err := findTier(shown, r.PostFormValue("about"))
	if err != nil {
		return err
	}
	if text == "" && tier == "" {
		return redirect(w, r, "/chat#ask")
	}
	var id string
	at := 0
	err = s.withSnapshot(func(snap *snapshot.Snapshot) (err error) {
		c := conversation{Kind: kindChat, Title: s.locales.of(r).Capital(cleanText(text, mostTitle)), ModelVersion: snap.Version}
		if tier != "" {
			c.Title = s.t(r, "chat.about", tier)
			if c.Messages, err = s.aboutTier(r, snap, tier); err != nil {
				return err
			}
		}
		at = len(c.Messages)
		if text != "" {
			messages, err := s.answers(r, snap, text, nil)
			if err != nil {
				return err
			}
			c.Messages = append(c.Messages, messages...)
		}
		id, err = s.records.addConversation(r.Context(), c)
		return err
	})
	if err != nil {
		return err
	}
	return redirect(w, r, fmt.Sprintf("/chat/%s#m%d", id, at))
}

func (s *Site) chatShow(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot) error {
	c, err := s.conversation(r, snap, r.PathValue("id"), kindChat)
	if err != nil {
		return err
	}
	return s.showChat(w, r, c.Title, chatPage{Conversation: c, Bubbles: bubbles(c, "/chat/"+c.ID), Action: "/chat/" + c.ID, Tiers: snap.Tiers})
}

func (s *Site) chatSay(w http.ResponseWriter, r *http.Request, _ *snapshot.Snapshot) error {
	return s.converse(w, r, kindChat, "/chat/")
}

func (s *Site) chatRename(w http.ResponseWriter, r *http.Request, _ *snapshot.Snapshot) error {
	title := cleanText(r.PostFormValue("title"), mostTitle)
	if title == "" {
		return refuse(http.StatusUnprocessableEntity, "title", "chat.untitled")
	}
	c, err := s.records.conversation(r.Context(), r.PathValue("id"), kindChat)
	if err == nil {
		err = s.records.renameConversation(r.Context(), c.ID, title)
	}
	if err != nil {
		return err
	}
	return redirect(w, r, "/chat/"+c.ID)
}

func (s *Site) chatDelete(w http.ResponseWriter, r *http.Request, _ *snapshot.Snapshot) error {
	return s.removed(w, r, s.records.removeConversation(r.Context(), r.PathValue("id")), didDropChat, "/chat")
}

// removed notes that something was removed, and leads to what is left.
func (s *Site) removed(w http.ResponseWriter, r *http.Request, err error, action, to string) error {
	if err == nil {
		err = s.note(r, action, auditDetail{})
	}
	if err != nil {
		return err
	}
	return redirect(w, r, to)
}

// chatExport writes a conversation as Markdown.
func (s *Site) chatExport(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot) error {
	c, err := s.conversation(r, snap, r.PathValue("id"), "")
	if err != nil {
		return err
	}
	if err := s.note(r, didChat, auditDetail{}); err != nil {
		return err
	}
	l := s.locales.of(r)
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n", markdown(c.Title), l.DT(c.Updated()))
	for _, m := range c.Messages {
		a := m.Answer()
		if m.Role == roleYou {
			fmt.Fprintf(&b, "\n## %s\n", markdown(a.Text[0]))
			continue
		}
		for _, line := range a.Text {
			fmt.Fprintf(&b, "\n%s\n", markdown(line))
		}
		if a.Chart == nil {
			continue
		}
		head, rows := tableOf(a.Chart, l)
		fmt.Fprintf(&b, "\n**%s**\n\n", markdown(a.Chart.Title))
		line := func(cells []string) {
			b.WriteString("|")
			for _, cell := range cells {
				b.WriteString(" " + markdown(cell) + " |")
			}
			b.WriteString("\n")
		}
		line(head)
		b.WriteString("|" + strings.Repeat(" --- |", len(head)) + "\n")
		for _, row := range rows[:min(mostShown, len(rows))] {
			line(row)
		}
	}
	send(w, strings.NewReader(b.String()), "conversation", "md")
	return nil
}

// markdown escapes what Markdown would read as something else.
func markdown(s string) string {
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "|", `\|`, "#", `\#`, "\n", " ", "\r", " ").Replace(s)
}
