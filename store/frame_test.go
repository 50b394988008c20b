package store

import (
	"context"

	"github.com/go-gota/gota/dataframe"

	frames "github.com/customer-personality/segmentation/features/dataframe"
)

func upload(ctx context.Context, s *Store, table string, df dataframe.DataFrame) error {
	f, err := frames.To(ctx, df)
	if err != nil {
		return err
	}
	return s.SaveTable(ctx, table, f)
}

func fetch(ctx context.Context, s *Store, table string) (dataframe.DataFrame, error) {
	f, err := s.ReadTable(ctx, table, TableOptions{})
	if err != nil {
		return dataframe.DataFrame{Err: err}, err
	}
	df := frames.From(ctx, f)
	return df, df.Err
}
