-- What the columns of the tables hold that are saved whole: their kinds, units
-- and meanings, of which the types of a database tell only a part. Sets of tables share it.
CREATE TABLE IF NOT EXISTS {columns} (
	table_name {text} NOT NULL PRIMARY KEY,
	as_of {date},
	columns {text} NOT NULL
);
