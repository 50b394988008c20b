# shellcheck shell=bash
# Reads DATABASE_URL for backup.sh and restore.sh, which source this file: sets
# database to the URL without its passwords, and puts those into the environment
# of PostgreSQL's programs. On a command line everybody on the machine could read
# them (ps, /proc); the environment of a process only its own user can.

# decoded undoes the %XX of a URL.
decoded() {
	local text=${1//\\/\\\\}
	printf '%b' "${text//%/\\x}"
}

connect() {
	local url=${DATABASE_URL:?set DATABASE_URL} scheme rest authority userinfo after query kept='' pair
	if [[ ! $url =~ ^postgres(ql)?:// ]]; then
		echo "DATABASE_URL is no URL; want postgres://user:password@host:5432/database" >&2
		return 1
	fi
	scheme=${url%%://*} rest=${url#*://}
	authority=${rest%%[/?#]*}
	after=${rest#"$authority"}
	if [[ $authority == *@* ]]; then
		userinfo=${authority%@*}
		if [[ $userinfo == *:* ]]; then
			PGPASSWORD=$(decoded "${userinfo#*:}")
			export PGPASSWORD
			authority=${userinfo%%:*}@${authority##*@}
		fi
	fi
	if [[ $after == *\?* ]]; then
		query=${after#*\?}
		after=${after%%\?*}
		while [[ -n $query ]]; do
			pair=${query%%&*}
			query=${query#"$pair"}
			query=${query#&}
			case $pair in
			password=*)
				PGPASSWORD=$(decoded "${pair#*=}")
				export PGPASSWORD
				;;
			sslpassword=*)
				echo "DATABASE_URL holds sslpassword, which would show in the list of processes: use a key without one, which its owner alone can read" >&2
				return 1
				;;
			*) kept+="${kept:+&}$pair" ;;
			esac
		done
		after+="${kept:+?$kept}"
	fi
	# shellcheck disable=SC2034 # for the script that sources this
	database=$scheme://$authority$after
}
