package site

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment/ask"
)

// withSnapshot makes answers and keeps them, with the snapshot as it is now: nobody is
// forgotten meanwhile.
func (s *Site) withSnapshot(r *request, work func() error) error {
	return s.Hold(func() error {
		err := s.turnTo(r, r.set.ID) // another may have taken its place
		if err == nil && r.snap == nil {
			err = snapshot.ErrNoCustomers
		}
		if err != nil {
			return err
		}
		return work()
	})
}

// conversation returns a conversation of a kind (any where it is empty), by the id
// in the address. Answers that went when somebody was forgotten are given anew, by
// the model in use.
func (s *Site) conversation(r *request, kind string) (service.Conversation, error) {
	c, err := s.conversationOf(r, kind)
	if err != nil {
		return c, err
	}
	return s.answeredAnew(r, c)
}

// answeredAnew returns a conversation with the answers that went given anew.
func (s *Site) answeredAnew(r *request, c service.Conversation) (_ service.Conversation, err error) {
	for i, m := range c.Messages {
		if m.Role != service.RoleApp || m.Body != "" {
			continue
		}
		var a ask.Answer
		switch {
		case i > 0:
			a = r.snap.Ask(r.Context(), c.Messages[i-1].Body, r.l, ask.Options{Customer: c.Row(r.snap), Last: service.Last(c.Messages[:i])})
		case c.Kind == service.KindResult:
			row := c.Row(r.snap)
			e, err := r.snap.Explainer.Explain(r.Context(), row)
			if err != nil {
				return c, err
			}
			c.Title, c.ModelVersion = e.Tier, r.snap.Version
			a = r.snap.Result(e, row, r.l)
		}
		if c.Messages[i], err = service.Answer(a); err != nil {
			return c, err
		}
	}
	return c, nil
}

// conversationOf returns the conversation by the id in the address, and makes the
// request one about its dataset.
func (s *Site) conversationOf(r *request, kind string) (service.Conversation, error) {
	c, err := r.records(s).Conversation(r.Context(), r.PathValue("id"), kind)
	return c, s.turnToOne(r, c.Dataset, err)
}

// turnToOne makes the request one about the dataset of what was found.
func (s *Site) turnToOne(r *request, dataset string, err error) error {
	if err == nil && dataset != r.set.ID {
		if err = s.turnTo(r, dataset); err == nil && r.snap == nil {
			err = errNotFound
		}
	}
	return err
}

// A bubble is a message as it is shown.
type bubble struct {
	Mine        bool
	Answer      ask.Answer
	Suggestions []string
	Action      string
	Index       int
	Query       *shownQuery // of the answer, nil for none
}

// bubbles are the messages of a conversation, with the queries of the answers.
func (r *request) bubbles(c service.Conversation, action string) []bubble {
	// What was asked is not suggested again.
	asked := map[string]bool{}
	for _, m := range c.Messages {
		if m.Role == service.RoleYou {
			asked[plainQuestion(m.Body)] = true
		}
	}
	var out []bubble
	for i, m := range c.Messages {
		b := bubble{Mine: m.Role == service.RoleYou, Answer: m.Answer(), Action: action, Index: i, Query: r.query(m.Answer().Query)}
		told := maps.Clone(asked)
		for _, s := range b.Answer.Suggestions {
			if q := plainQuestion(s); !told[q] {
				told[q] = true
				b.Suggestions = append(b.Suggestions, s)
			}
		}
		out = append(out, b)
	}
	return out
}

// plainQuestion is a question as it is compared with others.
func plainQuestion(s string) string {
	return strings.ToLower(strings.TrimRight(s, "?!. "))
}

// A customerFigure is one of the customer's with that of the tier.
type customerFigure struct {
	Name, Label string
	Word        string // of a column of words, or a flag
	Value, Mean float64
	Difference  float64 // share of the mean
	Imputed     bool
}

// figures are those of a customer beside the means of a tier.
func (r *request) figures(tier string, customer []float64) []customerFigure {
	var out []customerFigure
	g, _ := r.snap.Profile.Group(tier)
	columns := r.snap.Model.Columns()
	order := columns
	if r.snap.Campaign {
		order = []string{"income", "tenure", "age", "spent", "children"}
	}
	words := r.snap.Model.Words()
	for _, name := range order {
		v := customer[slices.Index(columns, name)]
		f := customerFigure{Name: name, Label: r.l.Capital(r.l.Noun(name)), Value: v, Imputed: v != v}
		if r.snap.Campaign {
			f.Label = r.l.T("label." + name)
		}
		column, numeric := g.Column(name)
		switch {
		case f.Imputed:
		case words[name] != nil && int(v) >= 0 && int(v) < len(words[name]):
			f.Word = words[name][int(v)]
		case r.snap.Set.Series(name).Kind().Binary():
			f.Word = r.l.T(map[bool]string{true: "data.yes", false: "data.no"}[v > 0])
		}
		if f.Mean = column.Mean; !numeric {
			f.Mean = nan
		}
		if f.Difference = f.Value/f.Mean - 1; f.Mean == 0 {
			f.Difference = nan
		}
		out = append(out, f)
	}
	return out
}

type resultPage struct {
	Conversation service.Conversation
	Tier         string
	Borderline   bool
	Confidence   float64
	Figures      []customerFigure
	Bubbles      []bubble
	Action       string
	Stale        bool   // whether another model is in use now
	Again        string // address of the form with these figures
	Example      string
}

func (s *Site) result(r *request) error {
	c, err := s.conversation(r, service.KindResult)
	if err != nil {
		return err
	}
	customer := c.Row(r.snap)
	if customer == nil {
		return errNotFound
	}
	e, err := r.snap.Explainer.Explain(r.Context(), customer)
	if err != nil {
		return err
	}
	again := r.form().Values(customer)
	again.Set("data", r.set.ID)
	r.setLastResult(c.ID)
	return s.show(r, http.StatusOK, "result", r.l.T("result.titled", c.Title), resultPage{
		Conversation: c, Tier: c.Title, Borderline: e.Borderline, Confidence: e.Confidence, Figures: r.figures(c.Title, customer),
		Bubbles: r.bubbles(c, "/result/"+c.ID), Action: "/result/" + c.ID, Stale: c.ModelVersion != r.snap.Version,
		Again: "/?" + again.Encode(), Example: r.example("talk.example", true),
	})
}

// converse answers a question of a form in a conversation of a kind, and leads to
// the answer.
func (s *Site) converse(kind, base string) handler {
	return form(func(r *request) (string, error) {
		c, err := s.conversationOf(r, kind)
		if err != nil {
			return "", err
		}
		text := web.CleanText(r.PostFormValue("question"), ask.MaxLength)
		if text == "" {
			return base + c.ID + "#ask", nil
		}
		last := service.Last(c.Messages)
		read := s.reread(r, text, last)
		return fmt.Sprintf("%s%s#m%d", base, c.ID, len(c.Messages)), s.withSnapshot(r, func() error {
			messages, err := s.answers(r, text, ask.Options{Customer: c.Row(r.snap), Last: last, Read: read})
			if err != nil {
				return err
			}
			return r.records(s).AddMessages(r.Context(), c.ID, messages...)
		})
	})
}

// reread returns the query that the language model, where there is one, makes of a
// question that the grammar refuses: before anything is held, for it may take seconds.
func (s *Site) reread(r *request, text string, last ask.Query) (q ask.Query) {
	if r.snap != nil {
		q = s.reader.Reread(r.Context(), r.snap.Answerer, text, r.l, last, s.Log)
	}
	return q
}

// ask answers a question, and notes whom the answer shows.
func (s *Site) ask(r *request, text string, o ask.Options) (ask.Answer, error) {
	a := r.snap.Ask(r.Context(), text, r.l, o)
	s.metrics.Questions.WithLabelValues(strconv.FormatBool(a.Understood)).Inc()
	return a, s.noteAnswer(r, a)
}

// answers are a question and its answer, to be kept.
func (s *Site) answers(r *request, text string, o ask.Options) ([]service.Message, error) {
	a, err := s.ask(r, text, o)
	if err != nil {
		return nil, err
	}
	reply, err := service.Answer(a)
	return []service.Message{service.Question(text), reply}, err
}
