// Package loadtest asks a running web app for predictions and pages over many
// connections at once, and tells how long the answers took.
package loadtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options say what is asked of an app, and for how long.
type Options struct {
	URL         string        // of the app
	Connections int           // at once, at least 1
	Length      time.Duration // after which no more is asked
	Most        int           // about so many predictions at most; 0 for no limit
	// PredictOnly leaves out the charts page and the changes of the model.
	PredictOnly bool
	Token       string // of the accounts of the app; empty for none
}

// signed sends every request with a token.
type signed struct {
	http.RoundTripper
	token string
}

// RoundTrip sends a request.
func (s signed) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+s.token)
	return s.RoundTripper.RoundTrip(r)
}

// sample is the answers of one connection, by what was asked for.
type sample struct {
	took   map[string][]time.Duration
	errs   []string
	failed int
}

const (
	predictions = "predictions"
	charts      = "charts page"
)

// Run loads an app and writes the rates and times of the answers. The error is one
// where not every request was answered as it should be.
func Run(ctx context.Context, o Options, stdout io.Writer) error {
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: o.Connections, MaxConnsPerHost: o.Connections + 4}}
	if o.Token != "" {
		client.Transport = signed{client.Transport, o.Token}
	}
	ctx, cancel := context.WithTimeout(ctx, o.Length)
	defer cancel()
	samples := make([]sample, o.Connections)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range samples {
		wg.Go(func() { samples[i].load(ctx, client, o.URL, i, o.PredictOnly, o.Most/o.Connections) })
	}
	if !o.PredictOnly {
		wg.Go(func() {
			if err := change(ctx, client, o.URL, o.Length); err != nil {
				samples[0].errs = append(samples[0].errs, err.Error())
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	all := sample{took: map[string][]time.Duration{}}
	for _, s := range samples {
		for kind, d := range s.took {
			all.took[kind] = append(all.took[kind], d...)
		}
		all.errs = append(all.errs, s.errs...)
		all.failed += s.failed
	}
	tell(stdout, predictions, all.took[predictions], took)
	if !o.PredictOnly {
		tell(stdout, charts, all.took[charts], took)
	}
	fmt.Fprintf(stdout, "failed       %d\n", all.failed)
	for _, e := range all.errs[:min(5, len(all.errs))] {
		fmt.Fprintln(stdout, "  ", e)
	}
	if all.failed > 0 || len(all.errs) > 0 {
		return errors.New("not every request was answered as it should be")
	}
	return nil
}

// load asks one thing after the other. Of a hundred requests one is for the
// charts page, which is a thousand times as large as a prediction.
func (s *sample) load(ctx context.Context, client *http.Client, base string, worker int, only bool, most int) {
	s.took = map[string][]time.Duration{}
	for i := worker; ctx.Err() == nil && (most == 0 || len(s.took[predictions]) < most); i++ {
		begun := time.Now()
		kind, method, path, body := predictions, http.MethodPost, "/api/v1/predict", fmt.Sprintf(`{"income":%d,"age":%d,"spent":%d,"tenure":%d,"children":%d}`, 20000+i%60000, 20+i%60, i%2000, i%30, i%3)
		if !only && i%100 == 0 {
			kind, method, path, body = charts, http.MethodGet, "/charts?tier=all", ""
		}
		if err := ask(client, method, base+path, body); err != nil {
			s.failed++
			if len(s.errs) < 5 {
				s.errs = append(s.errs, err.Error())
			}
			continue
		}
		s.took[kind] = append(s.took[kind], time.Since(begun))
	}
}

// ask wants the status 200 or, for a training, 202. A request that has begun is
// let finish, so the time being up is no failure.
func ask(client *http.Client, method, address, body string) error {
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	if err == nil && response.StatusCode != http.StatusOK && response.StatusCode != http.StatusAccepted {
		err = errors.New(address + " answers " + strconv.Itoa(response.StatusCode))
	}
	return err
}

// change trains a model at a third of the time and activates the first version
// again at two thirds.
func change(ctx context.Context, client *http.Client, base string, length time.Duration) error {
	for i, step := range []struct{ path, body string }{{"/api/v1/models/retrain", `{"as_of":"2015-01-01","note":"under load"}`}, {"/api/v1/models/1/activate", ""}} {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the time was up before step %d", i+1)
		case <-time.After(length / 3):
		}
		if err := ask(client, http.MethodPost, base+step.path, step.body); err != nil {
			return err
		}
	}
	return nil
}

func tell(w io.Writer, name string, d []time.Duration, took time.Duration) {
	if len(d) == 0 {
		fmt.Fprintf(w, "%-12s none\n", name)
		return
	}
	slices.Sort(d)
	at := func(q float64) time.Duration { return d[int(q*float64(len(d)-1))].Round(10 * time.Microsecond) }
	fmt.Fprintf(w, "%-12s %d, %.0f a second, p50 %s, p99 %s, longest %s\n", name, len(d), float64(len(d))/took.Seconds(), at(0.5), at(0.99), at(1))
}
