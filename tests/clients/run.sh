#!/usr/bin/env bash
# The official suites, inspector and clients of MCP against a program: `tests/clients/run.sh PROGRAM SCRATCH`.
#
# SCRATCH is a directory for everything that is installed and stored here. Needs npm, Python with venv, and no network but
# the package registries. The Node that npm runs with may be older; the suites get one of their own.
set -euo pipefail
program=$(realpath "$1")
scratch=$(realpath "$2")
here=$(realpath "$(dirname "$0")")

# What was asked of the suite of 2026-07-28's scenario `server-stateless` and passed; see conformance-2026-07-28.yml.
stateless_passed=21

install() {
    mkdir -p "$scratch/$1"
    (cd "$scratch/$1" && npm init -y >/dev/null && npm install --silent --no-audit --no-fund "${@:2}" >/dev/null)
}
install node node@22.23.3
PATH="$scratch/node/node_modules/node/bin:$PATH"
node --version
# With the newer Node, so that each package is one that it can run.
install suite @modelcontextprotocol/conformance@0.1.16
install suite-2026 @modelcontextprotocol/conformance@0.2.0-alpha.12
install inspector @modelcontextprotocol/inspector@2.12.0
install client @modelcontextprotocol/sdk@1.32.2
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet mcp==2.3.0

# The inspector hands on little of its environment, so the store lies where the program looks by itself.
unset ECHO_STORE ECHO_IN_PROCESS XDG_DATA_HOME XDG_RUNTIME_DIR
export HOME="$scratch/home"
store="$HOME/.local/share/echo-org/org.redb"
mkdir -p "$HOME"
wait_for() { until grep -q "$1" "$2" 2>/dev/null; do kill -0 "$3"; sleep 0.1; done; }
"$program" serve --tcp 0 >"$scratch/serving" & serving=$!
proxy=
trap 'kill $proxy $serving 2>/dev/null || true' EXIT
wait_for 127.0.0.1 "$scratch/serving" $serving
port=$(sed 's/.*127\.0\.0\.1:\([0-9]*\).*/\1/' "$scratch/serving")
node "$here/with-token.mjs" "$port" "$("$program" token --role ceo)" >"$scratch/proxy" & proxy=$!
wait_for . "$scratch/proxy" $proxy
door="http://localhost:$(cat "$scratch/proxy")/mcp/ceo"

echo "-- the official suite 0.1.16"
conformance() { node "$scratch/$1/node_modules/.bin/conformance" server --url "$door" --output-dir "$scratch/$1/out" "${@:2}" >"$scratch/$1.log" 2>&1; }
conformance suite --expected-failures "$here/conformance-0.1.yml" || { cat "$scratch/suite.log"; exit 1; }
sed -n '/SUMMARY/,$p' "$scratch/suite.log"

echo "-- the official suite 0.2.0-alpha.12, what 2026-07-28 requires"
conformance suite-2026 --requirements 2026-07-28 --expected-failures "$here/conformance-2026-07-28.yml" || { cat "$scratch/suite-2026.log"; exit 1; }
sed -n '/SUMMARY/,$p' "$scratch/suite-2026.log"
grep -q "server-stateless: $stateless_passed passed" "$scratch/suite-2026.log"

echo "-- the inspector's command line"
inspector() { node "$scratch/inspector/node_modules/.bin/mcp-inspector" --cli "$@"; }
inspector "$program" mcp --role cto --method tools/list | grep review_architecture >/dev/null
inspector "$program" mcp --role cto --method tools/call --tool-name recall --tool-arg words=vendor | grep structuredContent >/dev/null
over_http=("http://127.0.0.1:$port/mcp" --transport http --header "Authorization: Bearer $("$program" token)")
inspector "${over_http[@]}" --method tools/list | grep cto_review_architecture >/dev/null
inspector "${over_http[@]}" --method resources/read --uri echo://agents | grep operations_head >/dev/null
inspector "${over_http[@]}" --method prompts/list | grep briefing >/dev/null
echo "the inspector: well"

echo "-- the official clients"
cp "$here/typescript.mjs" "$scratch/client/"
(cd "$scratch/client" && node typescript.mjs "$program" "$store" "$port")
"$scratch/venv/bin/python" "$here/python.py" "$program" "$store" "$port"
