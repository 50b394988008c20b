package site

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the figures for those who watch the app.
type metrics struct {
	registry    *prometheus.Registry
	handler     http.Handler
	requests    *prometheus.CounterVec
	seconds     *prometheus.HistogramVec
	running     prometheus.Gauge
	predictions *prometheus.CounterVec
	questions   *prometheus.CounterVec
	uploads     *prometheus.CounterVec
	model       prometheus.Gauge
	customers   prometheus.Gauge
	leftOut     prometheus.Gauge
	training    prometheus.Gauge
	trained     *prometheus.CounterVec
	expired     *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry:    prometheus.NewRegistry(),
		requests:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "webapp_requests_total", Help: "Requests answered."}, []string{"route", "method", "code"}),
		seconds:     prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "webapp_request_seconds", Help: "Time to answer.", Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60}}, []string{"route"}),
		running:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "webapp_requests_running", Help: "Requests that are being answered."}),
		predictions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "webapp_predictions_total", Help: "Customers scored, by tier."}, []string{"tier"}),
		questions:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "webapp_questions_total", Help: "Questions asked."}, []string{"understood"}),
		uploads:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "webapp_uploads_total", Help: "Files taken, by how they ended."}, []string{"outcome"}),
		model:       prometheus.NewGauge(prometheus.GaugeOpts{Name: "webapp_model_version", Help: "Version of the model in use."}),
		customers:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "webapp_customers", Help: "Customers that charts and answers are made of."}),
		leftOut:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "webapp_customers_left_out", Help: "Rows of the table of customers that are no customers."}),
		training:    prometheus.NewGauge(prometheus.GaugeOpts{Name: "webapp_training", Help: "1 while a model is being trained."}),
		trained:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "webapp_trainings_total", Help: "Trainings, by how they ended."}, []string{"outcome"}),
		expired:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "webapp_expired_total", Help: "What was deleted because it was kept for as long as -keep-days says, by kind."}, []string{"kind"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.running, m.predictions, m.questions, m.uploads, m.model, m.customers, m.leftOut, m.training, m.trained, m.expired,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
	return m
}

func (m *metrics) serve(r *request) error {
	m.handler.ServeHTTP(r.w, r.Request)
	return nil
}
