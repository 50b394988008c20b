package store

import (
	"context"
)

// A Summary is what is in a database, for the report of a program. It holds
// nothing secret.
type Summary struct {
	Dialect Dialect       `json:"dialect"`
	Tables  SummaryTables `json:"tables"`
	Rows    SummaryRows   `json:"rows"`
	// ModelVersion is the active version of the model asked for; 0 for none.
	ModelVersion Version `json:"model_version"`
}

// SummaryTables are the names of the four tables of customers.
type SummaryTables struct {
	Raw       string `json:"raw"`
	Unencoded string `json:"unencoded"`
	Encoded   string `json:"encoded"`
	Merged    string `json:"merged"`
}

// SummaryRows are the numbers of their rows.
type SummaryRows struct {
	Raw       int `json:"raw"`
	Unencoded int `json:"unencoded"`
	Encoded   int `json:"encoded"`
	Merged    int `json:"merged"`
}

// Summary counts the rows of the tables and finds the active version of a
// model. Errors are those of [Store.Count] and [Store.ListModels].
func (s *Store) Summary(ctx context.Context, model string) (Summary, error) {
	if !s.ready(&ctx) {
		return Summary{}, errNotOpen
	}
	sum := Summary{Dialect: s.Dialect(), Tables: SummaryTables{s.tables.Customers, s.tables.Unencoded, s.tables.Encoded, s.tables.Merged}}
	for table, n := range map[string]*int{
		s.tables.Customers: &sum.Rows.Raw, s.tables.Unencoded: &sum.Rows.Unencoded,
		s.tables.Encoded: &sum.Rows.Encoded, s.tables.Merged: &sum.Rows.Merged,
	} {
		var err error
		if *n, err = s.Count(ctx, table); err != nil {
			return Summary{}, err
		}
	}
	list, err := s.ListModels(ctx)
	if err != nil {
		return Summary{}, err
	}
	for _, info := range list {
		if info.Name == model && info.Active {
			sum.ModelVersion = info.Version
		}
	}
	return sum, nil
}
