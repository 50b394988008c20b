#!/usr/bin/env bash
# Dumps the database into a file and, with BUCKET, copies it to S3:
#
#   DATABASE_URL=postgres://… [BUCKET=s3://…] backup.sh FOLDER
#
# The dump is written to a temporary name and listed once before it gets its
# own, so a file that is there is whole. The password shows in no list of
# processes. Sessions are left out: a restore is not to bring back one that was
# ended since.
set -euo pipefail

folder=${1:?usage: backup.sh FOLDER}
# shellcheck source-path=SCRIPTDIR source=connect.sh
source "$(dirname "${BASH_SOURCE[0]}")/connect.sh"
connect
umask 077
mkdir -p "$folder"
file=$folder/segmentation-$(date -u +%Y%m%dT%H%M%SZ).dump
trap 'rm -f "$file.part"' EXIT
pg_dump --exclude-table-data=webapp_sessions --format=custom --no-owner --no-privileges --file="$file.part" "$database"
pg_restore --list "$file.part" >/dev/null
mv "$file.part" "$file"
[[ -z ${BUCKET:-} ]] || aws s3 cp --only-show-errors "$file" "$BUCKET/"
echo "$file"
