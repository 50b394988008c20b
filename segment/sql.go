package segment

// A Dialect is the SQL of a database.
type Dialect string

// The dialects that a model can be written in.
const (
	Postgres Dialect = "postgres"
	SQLite   Dialect = "sqlite"
)
