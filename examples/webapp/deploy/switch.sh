#!/usr/bin/env bash
# Puts a new version of the web app in the place of the one that runs, without
# a failed request:
#
#   switch.sh IMAGE     start IMAGE beside the running version, wait until it is
#                       ready and answers, lead the traffic to it, watch it for
#                       a while; after any failure the old version stays, or
#                       comes back
#   switch.sh --back    lead the traffic back to the version before
#   switch.sh --status  say what runs where
#
# Two slots, blue and green, have a container and a port each; nginx leads to
# one of them. The version before stays running in the other slot, for --back,
# until the next one takes that slot.
#
# Settings come from the environment, or from the file in SETTINGS:
set -euo pipefail

SETTINGS=${SETTINGS:-/etc/segmentation/switch.conf}
if [[ -r $SETTINGS ]]; then
	# shellcheck disable=SC1090 # the operator's own file
	source "$SETTINGS"
fi
STATE=${STATE:-/var/lib/segmentation}                       # what runs where
UPSTREAM=${UPSTREAM:-/etc/segmentation/upstream.conf}       # nginx includes it
RELOAD=${RELOAD:-sudo nginx -s reload}                      # makes nginx read it
CHECK=${CHECK:-sudo nginx -t -q}                            # refuses a bad one
ENV_FILE=${ENV_FILE:-/etc/segmentation/webapp.env}          # environment of the app
NETWORK=${NETWORK:-segmentation}                            # where it finds the database
DOCKER=${DOCKER:-docker}
FRONT=${FRONT:-http://127.0.0.1}                            # the site as nginx serves it
BLUE_PORT=${BLUE_PORT:-8081}
GREEN_PORT=${GREEN_PORT:-8082}
READY_SECONDS=${READY_SECONDS:-90}                          # to become ready
WATCH_SECONDS=${WATCH_SECONDS:-15}                          # to prove itself with traffic

say() { echo "switch: $*"; }
fail() {
	echo "switch: $*" >&2
	exit 1
}

port() { if [[ $1 == blue ]]; then echo "$BLUE_PORT"; else echo "$GREEN_PORT"; fi; }
other() { if [[ $1 == blue ]]; then echo green; else echo blue; fi; }
active() { cat "$STATE/active" 2>/dev/null || true; }
running() { [[ $("$DOCKER" inspect -f '{{.State.Running}}' "segmentation-$1" 2>/dev/null) == true ]]; }
get() { curl --silent --show-error --fail --max-time 5 --output /dev/null "$@"; }

# login is curl's settings for signing in. They go through a pipe: on a command
# line everybody on the machine could read them.
login() {
	[[ -z ${WEBAPP_TOKEN:-} ]] || printf 'header = "Authorization: Bearer %s"\n' "$WEBAPP_TOKEN"
	[[ -n ${WEBAPP_LOGIN:-} ]] || return 0
	local text=${WEBAPP_LOGIN//\\/\\\\}
	printf 'user = "%s"\n' "${text//\"/\\\"}"
}

# answers says whether the app at this address does its work: a page, and a
# prediction. WEBAPP_LOGIN is "user:password" where signing in is on, and with
# accounts WEBAPP_TOKEN is the token of an analyst.
answers() {
	get "$1/readyz" &&
		get --config <(login) "$1/" &&
		get --config <(login) -H 'Content-Type: application/json' \
			--data '{"income":52000,"age":45,"spent":400,"tenure":18,"children":1}' "$1/api/v1/predict"
}

# served says whether the site answers. A single failure may be chance, and is not
# yet a reason to take a version back; a second one in a row is.
served() { answers "$FRONT" || { sleep 1 && answers "$FRONT"; }; }

# lead makes nginx lead to a slot. A file that nginx refuses is taken back.
lead() {
	local old
	old=$(mktemp "$STATE/upstream.XXXXXX")
	cp "$UPSTREAM" "$old" 2>/dev/null || true
	printf 'server 127.0.0.1:%s;\n' "$(port "$1")" >"$STATE/upstream.new"
	# Written in place, so that nginx's folder need not be writable.
	cat "$STATE/upstream.new" >"$UPSTREAM"
	rm -f "$STATE/upstream.new"
	if ! $CHECK || ! $RELOAD; then
		cat "$old" >"$UPSTREAM"
		rm -f "$old"
		return 1
	fi
	rm -f "$old"
	echo "$1" >"$STATE/active.new"
	mv "$STATE/active.new" "$STATE/active"
}

discard() {
	"$DOCKER" logs --tail 40 "segmentation-$1" >&2 || true
	"$DOCKER" rm --force "segmentation-$1" >/dev/null 2>&1 || true
}

mkdir -p "$STATE"
exec 9>"$STATE/lock"
flock --nonblock 9 || fail "another switch is going on"

now=$(active)
case ${1:-} in
--status)
	for slot in blue green; do
		mark=
		[[ $slot != "$now" ]] || mark=" ← traffic"
		if running "$slot"; then
			say "$slot on port $(port "$slot"): $("$DOCKER" inspect -f '{{.Config.Image}}' "segmentation-$slot")$mark"
		else
			say "$slot: nothing runs$mark"
		fi
	done
	exit
	;;
--back)
	[[ -n $now ]] || fail "nothing has been switched yet"
	before=$(other "$now")
	running "$before" || "$DOCKER" start "segmentation-$before" >/dev/null 2>&1 || fail "there is no version before the one in $now"
	for ((i = 0; i < READY_SECONDS; i++)); do
		! get "http://127.0.0.1:$(port "$before")/readyz" 2>/dev/null || break
		sleep 1
	done
	answers "http://127.0.0.1:$(port "$before")" || fail "the version before, in $before, does not answer; the traffic stays where it is"
	lead "$before" || fail "nginx refuses; the traffic stays where it is"
	say "back to $before"
	exit
	;;
"" | -*) fail "usage: switch.sh IMAGE | --back | --status" ;;
esac

image=$1
slot=blue
[[ -z $now ]] || slot=$(other "$now")
address=http://127.0.0.1:$(port "$slot")

say "pulling $image"
"$DOCKER" pull --quiet "$image" >/dev/null || fail "cannot pull $image; nothing was changed"
"$DOCKER" rm --force "segmentation-$slot" >/dev/null 2>&1 || true
say "starting it in $slot, on port $(port "$slot")"
"$DOCKER" run --detach --name "segmentation-$slot" --restart unless-stopped \
	--publish "127.0.0.1:$(port "$slot"):8080" --network "$NETWORK" --env-file "$ENV_FILE" \
	--read-only --tmpfs /tmp:mode=1777,size=640m --cap-drop ALL --security-opt no-new-privileges \
	--log-opt max-size=20m --log-opt max-file=5 "$image" >/dev/null || {
	discard "$slot"
	fail "cannot start $image; the old version goes on"
}

for ((i = 0; ; i++)); do
	! get "$address/readyz" 2>/dev/null || break
	if ! running "$slot" || ((i >= READY_SECONDS)); then
		discard "$slot"
		fail "$image did not become ready; the old version goes on"
	fi
	sleep 1
done
if ! answers "$address"; then
	discard "$slot"
	fail "$image is ready and does not answer as it should; the old version goes on"
fi

say "ready; leading the traffic to it"
if ! lead "$slot"; then
	discard "$slot"
	fail "nginx refuses; the old version goes on"
fi
# nginx reads its file a moment after it is told to.
for ((i = 0; i < 20; i++)); do
	! answers "$FRONT" 2>/dev/null || break
	sleep 0.25
done
for ((i = 0; i < WATCH_SECONDS; i++)); do
	if ! served || ! running "$slot"; then
		if [[ -n $now ]] && lead "$now"; then
			sleep 2 # until nginx has read its file, requests still come here
			discard "$slot"
			fail "$image failed under traffic; the old version is back"
		fi
		fail "$image fails under traffic, and there is no old version to go back to"
	fi
	sleep 1
done
say "done: $image serves; the version before stays in $(other "$slot") for switch.sh --back"
