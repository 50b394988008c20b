package program

import (
	"context"
	"fmt"
	"strings"

	"github.com/customer-personality/segmentation"
)

// isURL reports whether -data names a table of a database.
func isURL(path string) bool {
	return strings.HasPrefix(path, "postgres://") || strings.HasPrefix(path, "postgresql://") || strings.HasPrefix(path, "sqlite:")
}

// openTable reads a table or view of a database.
func openTable(context.Context, string, segmentation.OpenOptions) (*segmentation.Source, error) {
	return nil, fmt.Errorf("tables of databases are not read yet")
}
