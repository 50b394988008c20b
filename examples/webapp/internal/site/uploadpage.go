package site

import (
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/segment"
)

type uploadPage struct {
	ID, Name  string
	Now       service.UploadState
	Tiers     []tierSize
	Percent   int
	Doubts    []string // sentences on what was guessed or is not known
	AsOf      time.Time
	OtherTime string // sentence where the customers are of another time than the model
	Outside   string // sentence on customers outside the limits of the training
	Warnings  []warningCount
}

// warningCount is one kind of doubt about scores: how many, and the first of them.
type warningCount struct {
	Sentence string
	First    []segment.RowWarning
}

// warningTexts are the texts for the kinds of warnings.
var warningTexts = map[segment.WarningKind]string{
	segment.OutsideTraining: "upload.warn.outside",
	segment.MissingImputed:  "upload.warn.imputed",
	segment.Missing:         "upload.warn.missing",
	segment.UnknownCategory: "upload.warn.unknown",
	segment.OtherDay:        "upload.warn.day",

	segment.WarningKind(features.BornAfterDay):        "upload.warn.born",
	segment.WarningKind(features.ImpossibleAge):       "upload.warn.age",
	segment.WarningKind(features.EnrolledAfterDay):    "upload.warn.enrolled",
	segment.WarningKind(features.EnrolledBeforeBirth): "upload.warn.before",
}

// setWarnings says what is doubtful about the scores of a file.
func (p *uploadPage) setWarnings(l *locale) {
	p.AsOf, _ = time.Parse(time.DateOnly, p.Now.AsOf)
	if late, ok := segmentation.OfAnotherTime(p.Now.Doubts); ok {
		p.OtherTime = l.Count("upload.late", late.Rows, l.N(late.Rows), l.N(late.Of), l.D(p.AsOf))
	}
	if n := p.Now.Dropped; n > 0 && p.Now.Of != "" {
		p.Outside = l.Count("upload.outside.any", n, l.N(n))
	} else if n > 0 {
		d := features.Dropped{Limits: p.Now.Limits}
		if d.Limits.MaxAge != features.NoLimit {
			d.Age = 1
		}
		if d.Limits.MaxIncome != features.NoLimit {
			d.Income = 1
		}
		p.Outside = l.T("upload.outside", limitsText(l, d), l.N(n))
	}
	for _, c := range p.Now.Doubts {
		column := ""
		if c.Column != "" {
			column = l.Noun(c.Column)
		}
		p.Warnings = append(p.Warnings, warningCount{l.Count(warningTexts[c.Kind], c.Rows, l.N(c.Rows), column), c.First})
	}
}
