package textreport

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/segment/insight"
)

// A Comparison is what is told of the comparison of two models; its fields are those
// of its JSON.
type Comparison struct {
	Old     string              `json:"old"`
	New     string              `json:"new"`
	AsOf    string              `json:"as_of"`
	BadRows int                 `json:"bad_rows"`
	Dropped features.Dropped    `json:"dropped"`
	OldK    int                 `json:"old_k"`
	NewK    int                 `json:"new_k"`
	Found   *insight.Comparison `json:"-"`
	Told    json.RawMessage     `json:"comparison"`     // the comparison with its sentences
	Kept    string              `json:"kept,omitempty"` // file of the model with the old names
	Notes   []string            `json:"notes"`
}

// Print tells the comparison for people.
func (r *Comparison) Print(w io.Writer) error {
	p := program.Printer
	var b strings.Builder
	p.Fprintf(&b, "%s\n\n", strings.Join(voice.Comparison(r.Found), "\n"))
	p.Fprint(&b, program.Count(r.Found.Rows, "customer"))
	if r.AsOf != "" {
		p.Fprintf(&b, " as of %s", r.AsOf)
	}
	p.Fprintf(&b, ": rows by the tier of %s, columns by that of %s\n\n", r.Old, r.New)
	matrix(&b, r.Found.Tiers)
	b.WriteString("\nClusters that are the same\n\n")
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  old\tnew\ttier\tcustomers in both\tJaccard")
	for _, m := range r.Found.Matches {
		switch {
		case m.Old < 0:
			p.Fprintf(t, "  –\t%d\t%s\t\t\n", m.New, m.NewTier)
		case m.New < 0:
			p.Fprintf(t, "  %d\t–\t%s\t\t\n", m.Old, m.OldTier)
		case m.OldTier != m.NewTier:
			p.Fprintf(t, "  %d\t%d\t%s → %s\t%d\t%.2f\n", m.Old, m.New, m.OldTier, m.NewTier, m.Rows, m.Jaccard)
		default:
			p.Fprintf(t, "  %d\t%d\t%s\t%d\t%.2f\n", m.Old, m.New, m.OldTier, m.Rows, m.Jaccard)
		}
	}
	t.Flush()
	if len(r.Found.Drift) > 0 {
		b.WriteString("\nColumns, now and in the old training\n\n")
		fmt.Fprintln(t, "  column\tPSI\tKS\tby chance up to")
		for _, d := range r.Found.Drift {
			if d.KS != d.KS { // of words
				p.Fprintf(t, "  %s\t%.3f\t–\t–\n", d.Column, d.PSI)
				continue
			}
			p.Fprintf(t, "  %s\t%.3f\t%.3f\t%.3f\n", d.Column, d.PSI, d.KS, d.KSCritical)
		}
		t.Flush()
	}
	if r.BadRows > 0 {
		p.Fprintf(&b, "\n%s could not be read and had to be left out.\n", program.Count(r.BadRows, "row"))
	}
	if r.Dropped.Total() > 0 {
		fmt.Fprintf(&b, "\n%s\n", r.Dropped)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "\n%s\n", note)
	}
	if r.Kept != "" {
		fmt.Fprintf(&b, "\nWrote %s, the new model with the names of the old one.\n", r.Kept)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// matrix sets a migration in columns that end to the right.
func matrix(b *strings.Builder, m insight.TransitionMatrix) {
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "\t%s\t\n", strings.Join(m.To, "\t"))
	for i, row := range m.Counts {
		fmt.Fprintf(t, "  %s\t", m.From[i])
		for _, n := range row {
			program.Printer.Fprintf(t, "%d\t", n)
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}
