package site

import (
	"context"
	"fmt"
	"net/http"
	"strings"

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
	Example       string
}

func (s *Site) chat(r *request) error {
	if r.URL.Query().Get("about") != "" {
		return s.chatAbout(r)
	}
	examples := r.snap.Examples(false, r.l)
	return s.showChat(r, r.l.T("chat.title"), chatPage{Action: "/chat" + r.here(), Suggestions: examples[:min(6, len(examples))]})
}

// example is a question to begin with: that of the campaign schema, or one on the
// columns that there are.
func (r *request) example(key string, customer bool) string {
	if examples := r.snap.Examples(customer, r.l); !r.snap.Campaign && len(examples) > 0 {
		return examples[len(examples)-1]
	}
	return r.l.T(key)
}

// showChat shows a page with the list of conversations.
func (s *Site) showChat(r *request, title string, p chatPage) (err error) {
	if p.Conversations, err = s.records.conversations(r.Context(), kindChat, r.set.ID); err != nil {
		return err
	}
	p.Tiers, p.Example = r.snap.Tiers, r.example("chat.example", false)
	return s.show(r, http.StatusOK, "chat", title, p)
}

// about is the ready-made conversation about a tier, as the model in use answers it.
func (s *Site) about(r *request, tier string) (conversation, error) {
	c := conversation{Kind: kindChat, Dataset: r.set.ID, Title: r.l.T("chat.about", tier)}
	other := r.snap.Tiers[0]
	if other == tier && len(r.snap.Tiers) > 1 {
		other = r.snap.Tiers[1]
	}
	for _, q := range ask.About(r.l, tier, other) {
		if _, err := r.snap.Parse(q, r.l, ask.Query{}); err != nil {
			continue // it is about columns that are not there
		}
		reply, err := answer(r.snap.Ask(r.Context(), q, r.l, ask.Options{}))
		if err != nil {
			return c, err
		}
		c.Messages = append(c.Messages, question(q), reply)
	}
	return c, nil
}

func (s *Site) chatAbout(r *request) error {
	tier, _ := findTier(r.snap, r.URL.Query().Get("about"))
	if tier == "" {
		return errNotFound
	}
	c, err := s.about(r, tier)
	if err != nil {
		return err
	}
	action := "/chat" + r.here()
	return s.showChat(r, c.Title, chatPage{Conversation: c, Bubbles: bubbles(c, action), Action: action, Tier: tier})
}

// chatNew begins a conversation with a question, or goes on with a ready-made
// one.
func (s *Site) chatNew(r *request) (string, error) {
	text := cleanText(r.PostFormValue("question"), ask.MaxLength)
	tier, err := findTier(r.snap, r.PostFormValue("about"))
	if err != nil {
		return "", err
	}
	if text == "" && tier == "" {
		return "/chat" + r.here() + "#ask", nil
	}
	var id string
	at := 0
	err = s.withSnapshot(r, func() (err error) {
		c := conversation{Kind: kindChat, Dataset: r.set.ID, Title: r.l.Capital(cleanText(text, mostTitle))}
		if tier != "" {
			if c, err = s.about(r, tier); err != nil {
				return err
			}
		}
		at = len(c.Messages)
		if text != "" {
			messages, err := s.answers(r, text, ask.Options{Last: last(c.Messages)})
			if err != nil {
				return err
			}
			c.Messages = append(c.Messages, messages...)
		}
		c.ModelVersion = r.snap.Version
		id, err = s.records.addConversation(r.Context(), c)
		return err
	})
	return fmt.Sprintf("/chat/%s#m%d", id, at), err
}

func (s *Site) chatShow(r *request) error {
	c, err := s.conversation(r, kindChat)
	if err != nil {
		return err
	}
	return s.showChat(r, c.Title, chatPage{Conversation: c, Bubbles: bubbles(c, "/chat/"+c.ID), Action: "/chat/" + c.ID})
}

func (s *Site) chatRename(r *request) (string, error) {
	title := cleanText(r.PostFormValue("title"), mostTitle)
	if title == "" {
		return "", invalid("title", "chat.untitled")
	}
	c, err := s.records.conversation(r.Context(), r.PathValue("id"), kindChat)
	if err == nil {
		err = s.records.renameConversation(r.Context(), c.ID, title)
	}
	return "/chat/" + c.ID, err
}

// removing removes what the id in an address names, notes that, and leads to what
// is left.
func (s *Site) removing(remove func(ctx context.Context, id string) error, action, to string) handler {
	return form(func(r *request) (string, error) {
		err := remove(r.Context(), r.PathValue("id"))
		if err == nil {
			err = s.note(r, action, auditDetail{})
		}
		return to, err
	})
}

// chatExport writes a conversation as Markdown.
func (s *Site) chatExport(r *request) error {
	c, err := s.conversation(r, "")
	if err == nil {
		err = s.note(r, didChat, auditDetail{})
	}
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n", markdown(c.Title), r.l.DT(c.Updated()))
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
		head, rows := tableOf(a.Chart, r.l)
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
	return r.send(strings.NewReader(b.String()), "conversation", "md")
}

// markdown escapes what Markdown would read as something else.
func markdown(s string) string {
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "|", `\|`, "#", `\#`, "\n", " ", "\r", " ").Replace(s)
}
