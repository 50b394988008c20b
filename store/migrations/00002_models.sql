-- A model is never changed or deleted, only added; which one is active is the
-- newest line of the activations that was not undone.
CREATE TABLE {models} (
	name {text} NOT NULL,
	version {bigint} NOT NULL,
	saved_at {time} NOT NULL,
	note {text} NOT NULL,
	checksum {text} NOT NULL,
	k {bigint} NOT NULL,
	rows_trained {bigint} NOT NULL,
	as_of {date},
	inertia {double} NOT NULL,
	silhouette {double} NOT NULL,
	file {bytes} NOT NULL,
	PRIMARY KEY (name, version)
);

CREATE TABLE {activations} (
	position {serial},
	name {text} NOT NULL,
	version {bigint} NOT NULL,
	activated_at {time} NOT NULL,
	undone {boolean} NOT NULL,
	FOREIGN KEY (name, version) REFERENCES {models} (name, version)
);
