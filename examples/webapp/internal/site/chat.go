package site

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/ask"
)

type chatPage struct {
	Conversations []service.Conversation
	Conversation  service.Conversation
	Bubbles       []bubble
	Action        string
	Tier          string // of a ready-made conversation
	Tiers         []string
	Suggestions   []string
	Example       string
	Asked         *bubble // an answer that an address asks for
	Last          string  // its query
}

// A shownQuery is a query as it is shown above its answer: fields to choose from, its
// conditions with the address without each, and the address of the answer.
type shownQuery struct {
	ask.Chips
	Kept    [][2]string // values that stay as they are
	Address string
	address func(url.Values) string
}

// Less is the address of the query without a condition.
func (q *shownQuery) Less(c ask.Chip) string { return q.address(c.Without.Values()) }

// query shows a query, nil for one that leaves nothing to choose.
func (r *request) query(q ask.Query) *shownQuery {
	chips := r.snap.Chips(q, r.l)
	if len(chips.Fields)+len(chips.Among)+len(chips.Whole)+len(chips.ReadBy) == 0 {
		return nil
	}
	address := func(v url.Values) string {
		v.Set("data", r.set.ID)
		return "/chat?" + v.Encode()
	}
	out := &shownQuery{Chips: chips, Address: address(q.Values()), address: address}
	chips.Kept.Set("data", r.set.ID)
	for _, name := range slices.Sorted(maps.Keys(chips.Kept)) {
		for _, value := range chips.Kept[name] {
			out.Kept = append(out.Kept, [2]string{name, value})
		}
	}
	return out
}

// chatAsked answers the query of an address.
func (s *Site) chatAsked(r *request) error {
	q, err := ask.ReadQuery(r.URL.Query())
	var a ask.Answer
	if err == nil {
		a, err = r.snap.Answer(r.Context(), q, r.l, ask.Options{})
	}
	var unclear *ask.Unclear
	switch {
	case errors.As(err, &unclear):
		a = ask.Answer{Text: []string{unclear.Text(r.l)}}
	case errors.Is(err, segment.ErrOption):
		return refuse(http.StatusBadRequest, "", "chat.query.wrong")
	case err != nil:
		return err
	}
	if err := s.noteAnswer(r, a); err != nil {
		return err
	}
	asked := bubble{Answer: a, Action: "/chat" + r.here(), Suggestions: a.Suggestions, Query: r.query(q)}
	return s.showChat(r, r.l.T("chat.asked"), chatPage{Action: "/chat" + r.here(), Asked: &asked, Last: q.Values().Encode()})
}

func (s *Site) chat(r *request) error {
	if r.URL.Query().Get("about") != "" {
		return s.chatAbout(r)
	}
	if r.URL.Query().Get("kind") != "" {
		return s.chatAsked(r)
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
	if p.Conversations, err = r.records(s).Conversations(r.Context(), service.KindChat, r.set.ID); err != nil {
		return err
	}
	p.Tiers, p.Example = r.snap.Tiers, r.example("chat.example", false)
	return s.show(r, http.StatusOK, "chat", title, p)
}

// about is the ready-made conversation about a tier, as the model in use answers it.
func (s *Site) about(r *request, tier string) (service.Conversation, error) {
	c := service.Conversation{Kind: service.KindChat, Dataset: r.set.ID, Title: r.l.T("chat.about", tier)}
	other := r.snap.Tiers[0]
	if other == tier && len(r.snap.Tiers) > 1 {
		other = r.snap.Tiers[1]
	}
	for _, q := range ask.About(r.l, tier, other) {
		if _, err := r.snap.Parse(q, r.l, ask.Query{}); err != nil {
			continue // it is about columns that are not there
		}
		reply, err := service.Answer(r.snap.Ask(r.Context(), q, r.l, ask.Options{}))
		if err != nil {
			return c, err
		}
		c.Messages = append(c.Messages, service.Question(q), reply)
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
	return s.showChat(r, c.Title, chatPage{Conversation: c, Bubbles: r.bubbles(c, action), Action: action, Tier: tier})
}

// chatNew begins a conversation with a question, or goes on with a ready-made
// one.
func (s *Site) chatNew(r *request) (string, error) {
	text := web.CleanText(r.PostFormValue("question"), ask.MaxLength)
	tier, err := findTier(r.snap, r.PostFormValue("about"))
	if err != nil {
		return "", err
	}
	if text == "" && tier == "" {
		return "/chat" + r.here() + "#ask", nil
	}
	var id string
	at := 0
	var read ask.Query
	if tier == "" {
		read = s.reread(r, text, r.last(service.Conversation{}))
	}
	err = s.withSnapshot(r, func() (err error) {
		c := service.Conversation{Kind: service.KindChat, Dataset: r.set.ID, Title: r.l.Capital(web.CleanText(text, service.MaxTitle))}
		if tier != "" {
			if c, err = s.about(r, tier); err != nil {
				return err
			}
		}
		at = len(c.Messages)
		if text != "" {
			messages, err := s.answers(r, text, ask.Options{Last: r.last(c), Read: read})
			if err != nil {
				return err
			}
			c.Messages = append(c.Messages, messages...)
		}
		c.ModelVersion = r.snap.Version
		id, err = r.records(s).AddConversation(r.Context(), c)
		return err
	})
	return fmt.Sprintf("/chat/%s#m%d", id, at), err
}

// last is the query that a question goes on from: of the last answer of a
// conversation, or of the answer of an address.
func (r *request) last(c service.Conversation) ask.Query {
	var q ask.Query
	if text := r.PostFormValue("last"); text != "" && q.UnmarshalText([]byte(text)) == nil {
		return q
	}
	return service.Last(c.Messages)
}

func (s *Site) chatShow(r *request) error {
	c, err := s.conversation(r, service.KindChat)
	if err != nil {
		return err
	}
	return s.showChat(r, c.Title, chatPage{Conversation: c, Bubbles: r.bubbles(c, "/chat/"+c.ID), Action: "/chat/" + c.ID})
}

func (s *Site) chatRename(r *request) (string, error) {
	title := web.CleanText(r.PostFormValue("title"), service.MaxTitle)
	if title == "" {
		return "", invalid("title", "chat.untitled")
	}
	c, err := r.records(s).Conversation(r.Context(), r.PathValue("id"), service.KindChat)
	if err == nil {
		err = r.records(s).RenameConversation(r.Context(), c.ID, title)
	}
	return "/chat/" + c.ID, err
}

// removing removes what the id in an address names, notes that, and leads to what
// is left.
func (s *Site) removing(remove func(b *service.Records, ctx context.Context, id string) error, action, to string) handler {
	return form(func(r *request) (string, error) {
		err := remove(r.records(s), r.Context(), r.PathValue("id"))
		if err == nil {
			err = s.note(r, action, service.AuditDetail{})
		}
		return to, err
	})
}

// chatExport writes a conversation as Markdown.
func (s *Site) chatExport(r *request) error {
	c, err := s.conversation(r, "")
	if err == nil {
		err = s.note(r, didChat, service.AuditDetail{})
	}
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n", markdown(c.Title), r.l.DT(c.Updated()))
	for _, m := range c.Messages {
		a := m.Answer()
		if m.Role == service.RoleYou {
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
