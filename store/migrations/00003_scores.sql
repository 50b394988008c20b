-- The two constraints are the indexes for a customer's history and for the
-- scores of a model version.
CREATE TABLE {scores} (
	position {serial},
	customer_id {bigint} NOT NULL,
	model {text} NOT NULL,
	version {bigint} NOT NULL,
	cluster {bigint} NOT NULL,
	tier {text} NOT NULL,
	distance {double} NOT NULL,
	scored_at {time} NOT NULL,
	UNIQUE (customer_id, position),
	UNIQUE (model, version, customer_id, position)
);
