#!/usr/bin/env bash
# Puts a dump of backup.sh into an empty database, all of it or nothing:
#
#   DATABASE_URL=postgres://… restore.sh FILE
set -euo pipefail

file=${1:?usage: restore.sh FILE}
# shellcheck source-path=SCRIPTDIR source=connect.sh
source "$(dirname "${BASH_SOURCE[0]}")/connect.sh"
connect
tables=$(psql --no-psqlrc --tuples-only --no-align --command \
	"SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')" "$database")
if [[ $tables != 0 ]]; then
	echo "the database has $tables tables already; create an empty one for the restore" >&2
	exit 1
fi
pg_restore --single-transaction --exit-on-error --no-owner --no-privileges --dbname="$database" "$file"
echo "restored $file"
