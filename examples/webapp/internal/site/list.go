package site

import (
	"bytes"
	"encoding/csv"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/features/xlsx"
	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/internal/gallery"
	"github.com/customer-personality/segmentation/internal/service"
)

// listFormats are the forms in which the customers of a tier can be taken along.
var listFormats = []string{"csv", "xlsx"}

// list returns the customers of a tier, the id first, with all of their columns.
func (s *Site) list(r *request) error {
	name, format, _ := cutLast(r.PathValue("file"), ".")
	tier, err := findTier(r.snap, name)
	if err == nil && (tier == "" || !slices.Contains(listFormats, format)) {
		err = errNotFound
	}
	if err != nil {
		return err
	}
	t, err := r.snap.Customers.List(r.Context(), tier)
	if err != nil {
		return err
	}
	if err := s.note(r, didList, service.AuditDetail{Count: t.Len(), Note: tier}); err != nil {
		return err
	}
	_ = http.NewResponseController(r.w).SetWriteDeadline(time.Now().Add(10 * time.Minute))
	file := gallery.Selection{Tier: tier}.FileName()[1:]
	if format == "csv" {
		in, out := io.Pipe()
		go func() { out.CloseWithError(service.WriteTable(out, t)) }()
		defer func() { _ = in.Close() }()
		return r.send(in, file, format)
	}
	var b bytes.Buffer
	if err := xlsx.Write(r.Context(), &b, t, xlsx.WriteOptions{}); err != nil {
		return err
	}
	return r.send(&b, file, format)
}

// cutLast cuts a text around the last separator.
func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}

// sendRows answers with rows as a file of CSV.
func (r *request) sendRows(name string, rows [][]string) error {
	var b bytes.Buffer
	if err := csv.NewWriter(csvguard.Writer(&b, false, new(int))).WriteAll(rows); err != nil {
		return err
	}
	return r.send(&b, name, "csv")
}

// template returns a file to fill in.
func (s *Site) template(r *request) error { return r.sendRows("template", r.snap.Template()) }

// columnList returns a list of the columns that a file needs, as CSV.
func (s *Site) columnList(r *request) error { return r.sendRows("columns", r.snap.ColumnList()) }
