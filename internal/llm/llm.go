// Package llm reads questions with a language model behind an OpenAI-compatible
// server, as an [ask.Reader].
package llm

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// Options say where the model is. URL and Model are needed.
type Options struct {
	URL   string // of the server, such as http://127.0.0.1:8000/v1
	Model string
	Key   string // sent as a bearer token; empty for none
	// Timeout is how long a question may take, the second try with it; default 10 s.
	Timeout time.Duration
}

// The errors of readings, beside that of the context.
var (
	ErrOptions = errors.New("llm: the options are wrong")
	ErrBusy    = errors.New("llm: too many questions are being read")
	ErrServer  = errors.New("llm: the server failed")
	ErrAnswer  = errors.New("llm: the answer is no query")
	ErrNone    = errors.New("llm: the model knows no query for the question")
)

const (
	mostBytes   = 64 << 10 // of an answer
	mostAtOnce  = 4        // questions that are read
	mostTries   = 2
	pause       = 200 * time.Millisecond // before the second one
	defaultTime = 10 * time.Second
)

// A Client reads questions. It is safe for concurrent use.
type Client struct {
	endpoint string
	options  Options
	client   *http.Client
	running  chan struct{}
}

var _ ask.Reader = (*Client)(nil)

// New returns a Client, nil for options without a URL. The error is an ErrOptions.
func New(o Options) (*Client, error) {
	if o.URL == "" {
		return nil, nil
	}
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%w: the address is to be one as http://127.0.0.1:8000/v1", ErrOptions)
	case u.User != nil:
		return nil, fmt.Errorf("%w: the address has a name or a password; a key is given apart", ErrOptions)
	case o.Key != "" && u.Scheme == "http" && u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback():
		return nil, fmt.Errorf("%w: the key would go to %s in the clear; an address with https is needed", ErrOptions, u.Host)
	case o.Model == "":
		return nil, fmt.Errorf("%w: the model has no name", ErrOptions)
	case strings.ContainsFunc(o.Key, func(r rune) bool { return r < '!' || r > '~' }):
		return nil, fmt.Errorf("%w: the key has blanks, or signs that no header has", ErrOptions)
	}
	if path := strings.TrimRight(u.Path, "/"); path == "" {
		u.Path = "/v1"
	}
	o.Timeout = cmp.Or(o.Timeout, defaultTime)
	return &Client{
		endpoint: u.JoinPath("chat", "completions").String(), options: o, running: make(chan struct{}, mostAtOnce),
		client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, // the key and the question are for this server
	}, nil
}

// Reread returns the query of a question as [ask.Answerer.Reread] takes it; the zero
// one where there is none, of which the log has the reason. So it is of a nil Client.
func (c *Client) Reread(ctx context.Context, a *ask.Answerer, question string, l *narrate.Language, last ask.Query, log *slog.Logger) ask.Query {
	if c == nil {
		return ask.Query{}
	}
	q, err := a.Reread(ctx, question, l, last, c)
	if err == nil || ctx.Err() != nil {
		return q
	}
	why := errors.New("the question was given up")
	for _, reason := range []error{ErrBusy, ErrServer, ErrAnswer, ErrNone, ask.ErrReading, segment.ErrOption} { // the rest of it may have words of the question
		if errors.Is(err, reason) {
			why = reason
		}
	}
	log.InfoContext(ctx, "the language model did not read a question", "reason", why)
	return ask.Query{}
}

// ReadQuestion asks the model for the query of a question, within the time of the
// options. It is sent the question, the last query, and names: see [ask.Refusal].
// Errors: ErrBusy while four questions are read, ErrServer, ErrAnswer, ErrNone, that
// of ctx.
func (c *Client) ReadQuestion(ctx context.Context, r ask.Refusal) (ask.Reading, error) {
	select {
	case c.running <- struct{}{}:
		defer func() { <-c.running }()
	default:
		return ask.Reading{}, ErrBusy
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.options.Timeout, fmt.Errorf("%w: no answer within %v", ErrServer, c.options.Timeout))
	defer cancel()
	body, err := json.Marshal(c.request(r))
	if err != nil {
		return ask.Reading{}, err
	}
	for try := 1; ; try++ {
		text, again, err := c.post(ctx, body)
		if err == nil {
			return decode(text)
		}
		if ctx.Err() != nil {
			return ask.Reading{}, context.Cause(ctx)
		}
		if !again || try == mostTries {
			return ask.Reading{}, err
		}
		select {
		case <-ctx.Done():
			return ask.Reading{}, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// post sends a request, and returns what the model wrote; again tells whether it is
// worth a second try.
func (c *Client) post(ctx context.Context, body []byte) (text string, again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return "", false, err
	}
	req.Header.Set("Content-Type", "application/json")
	if c.options.Key != "" {
		req.Header.Set("Authorization", "Bearer "+c.options.Key)
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return "", true, fmt.Errorf("%w: %w", ErrServer, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK { // what it says may repeat what it was sent
		return "", resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests, fmt.Errorf("%w: status %d", ErrServer, resp.StatusCode)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, mostBytes+1))
	switch {
	case err != nil:
		return "", true, fmt.Errorf("%w: %w", ErrServer, err)
	case len(b) > mostBytes:
		return "", false, fmt.Errorf("%w: it has over %d bytes", ErrAnswer, mostBytes)
	}
	var answer struct {
		Choices []struct {
			Message struct {
				Content string `json:"content"`
			} `json:"message"`
		} `json:"choices"`
	}
	if err := json.Unmarshal(b, &answer); err != nil || len(answer.Choices) == 0 {
		return "", false, fmt.Errorf("%w: the server returns no completion", ErrAnswer)
	}
	return answer.Choices[0].Message.Content, false, nil
}
