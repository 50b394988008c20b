package service

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Counts are the figures for those who watch what goes on.
type Counts struct {
	Predictions *prometheus.CounterVec
	Uploads     *prometheus.CounterVec
	model       prometheus.Gauge
	customers   prometheus.Gauge
	leftOut     prometheus.Gauge
	training    prometheus.Gauge
	trained     *prometheus.CounterVec
	expired     *prometheus.CounterVec
}

func newCounts(to prometheus.Registerer) *Counts {
	c := &Counts{
		Predictions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "webapp_predictions_total", Help: "Customers scored, by tier."}, []string{"tier"}),
		Uploads:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "webapp_uploads_total", Help: "Files taken, by how they ended."}, []string{"outcome"}),
		model:       prometheus.NewGauge(prometheus.GaugeOpts{Name: "webapp_model_version", Help: "Version of the model in use."}),
		customers:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "webapp_customers", Help: "Customers that charts and answers are made of."}),
		leftOut:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "webapp_customers_left_out", Help: "Rows of the table of customers that are no customers."}),
		training:    prometheus.NewGauge(prometheus.GaugeOpts{Name: "webapp_training", Help: "1 while a model is being trained."}),
		trained:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "webapp_trainings_total", Help: "Trainings, by how they ended."}, []string{"outcome"}),
		expired:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "webapp_expired_total", Help: "What was deleted because it was kept for as long as -keep-days says, by kind."}, []string{"kind"}),
	}
	to.MustRegister(c.Predictions, c.Uploads, c.model, c.customers, c.leftOut, c.training, c.trained, c.expired)
	return c
}
