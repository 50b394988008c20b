package web

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the figures for those who watch the app.
type Metrics struct {
	Registry  *prometheus.Registry
	handler   http.Handler
	Requests  *prometheus.CounterVec
	Seconds   *prometheus.HistogramVec
	Running   prometheus.Gauge
	Questions *prometheus.CounterVec
}

// NewMetrics returns Metrics of nothing yet.
func NewMetrics() *Metrics {
	m := &Metrics{
		Registry:  prometheus.NewRegistry(),
		Requests:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "webapp_requests_total", Help: "Requests answered."}, []string{"route", "method", "code"}),
		Seconds:   prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "webapp_request_seconds", Help: "Time to answer.", Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60}}, []string{"route"}),
		Running:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "webapp_requests_running", Help: "Requests that are being answered."}),
		Questions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "webapp_questions_total", Help: "Questions asked."}, []string{"understood"}),
	}
	m.Registry.MustRegister(m.Requests, m.Seconds, m.Running, m.Questions, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
	return m
}

// ServeHTTP answers with the figures in the form of Prometheus.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.handler.ServeHTTP(w, r) }
