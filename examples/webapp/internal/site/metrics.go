package site

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the figures for those who watch the app.
type metrics struct {
	registry  *prometheus.Registry
	handler   http.Handler
	requests  *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	running   prometheus.Gauge
	questions *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry:  prometheus.NewRegistry(),
		requests:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "webapp_requests_total", Help: "Requests answered."}, []string{"route", "method", "code"}),
		seconds:   prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "webapp_request_seconds", Help: "Time to answer.", Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60}}, []string{"route"}),
		running:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "webapp_requests_running", Help: "Requests that are being answered."}),
		questions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "webapp_questions_total", Help: "Questions asked."}, []string{"understood"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.running, m.questions, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
	return m
}

func (m *metrics) serve(r *request) error {
	m.handler.ServeHTTP(r.w, r.Request)
	return nil
}
