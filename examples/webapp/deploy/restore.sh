#!/usr/bin/env bash
# Puts a dump of backup.sh into an empty database, all of it or nothing:
#
#   DATABASE_URL=postgres://… restore.sh FILE
set -euo pipefail

file=${1:?usage: restore.sh FILE}
: "${DATABASE_URL:?set DATABASE_URL}"
tables=$(psql --no-psqlrc --tuples-only --no-align --command \
	"SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')" "$DATABASE_URL")
if [[ $tables != 0 ]]; then
	echo "the database has $tables tables already; create an empty one for the restore" >&2
	exit 1
fi
pg_restore --single-transaction --exit-on-error --no-owner --no-privileges --dbname="$DATABASE_URL" "$file"
echo "restored $file"
