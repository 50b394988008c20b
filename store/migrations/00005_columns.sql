-- What the columns of the tables hold that are saved whole: their kinds, units
-- and meanings, of which the types of a database tell only a part.
CREATE TABLE {columns} (
	table_name {text} NOT NULL PRIMARY KEY,
	as_of {date},
	columns {text} NOT NULL
);
