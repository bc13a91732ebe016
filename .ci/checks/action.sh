#!/usr/bin/env bash
# the steps of the GitHub Action, with the environment that GitHub sets
set -euo pipefail
log=${DDLINT_SUITE_LOG:-/dev/null}
root=$PWD
cargo build --quiet --bin ddlint
binary=${CARGO_TARGET_DIR:-$root/target}/debug/ddlint
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export ACTION_PATH=$root RUNNER_TEMP=$work/tmp RUNNER_OS=Linux RUNNER_ARCH=X64 HOME=$work GIT_CONFIG_NOSYSTEM=1
export GITHUB_OUTPUT=$work/output GITHUB_PATH=$work/path GITHUB_STEP_SUMMARY=$work/summary
mkdir -p "$RUNNER_TEMP"
git config --global user.name ci; git config --global user.email ci@example.com
git config --global init.defaultBranch main; git config --global protocol.file.allow always
git config --global uploadpack.allowAnySHA1InWant true
step() { code=0; bash "$root/packaging/action/$1.sh" > "$work/log" 2>&1 || code=$?; }
fail() { echo "$1"; cat "$work/log"; exit 1; }
output() { sed -n "s/^$1=//p" "$GITHUB_OUTPUT" | tail -n 1; }

# A release, with the right checksum, a wrong one, and none.
release=$work/releases/v0.1.0
name=ddlint-0.1.0-x86_64-unknown-linux-musl.tar.gz
mkdir -p "$release"
tar czf "$release/$name" -C "$(dirname "$binary")" ddlint
(cd "$release" && sha256sum "$name" > SHA256SUMS)
export DDLINT_RELEASES=file://$work/releases INPUT_VERSION=0.1.0 INPUT_CHECKSUM=
step install; [ "$code" = 0 ] || fail "expected an installation"
PATH=$(tail -n 1 "$GITHUB_PATH"):$PATH
[ "$(command -v ddlint)" = "$RUNNER_TEMP/ddlint-bin/ddlint" ] || fail "expected ddlint on the PATH"
INPUT_CHECKSUM=0000 step install; [ "$code" = 2 ] && grep -q checksum "$work/log" || fail "expected a wrong checksum to be refused"
: > "$release/SHA256SUMS"
step install; [ "$code" = 2 ] || fail "expected a missing checksum to be refused"
INPUT_VERSION='$(id)' step install; [ "$code" = 2 ] || fail "expected an odd version to be refused"

# A pull request: a shallow checkout of a change whose base has an old finding.
git init -q "$work/origin"; cd "$work/origin"
cp -r "$root/testdata/repaired/." .
printf 'datadog:\n  apiKeyExistingSecret: x\n  logLevel: debug\n' > values-old.yaml
git add -A; git commit -qm base
base=$(git rev-parse HEAD)
git checkout -qb change
printf 'datadog:\n  apiKeyExistingSecret: x\n  site: a\n  site: b\n' > values-new.yaml
git add -A; git commit -qm change
git clone -q --depth 1 --branch change "file://$work/origin" "$work/checkout"; cd "$work/checkout"
export INPUT_SINCE=base BASE_SHA=$base
step base; [ "$code" = 0 ] && [ "$(output since)" = "$base" ] || fail "expected the base to be fetched"
export SINCE INPUT_PATHS=. INPUT_CONFIG="" INPUT_FAIL_ON="" INPUT_ARGS="" INPUT_SARIF=true INPUT_ANNOTATIONS=true INPUT_SUMMARY=true
SINCE=$(output since)
step lint; [ "$code" = 0 ] || fail "expected the step to pass: the last one fails"
[ "$(output exit-code)" = 1 ] || fail "expected exit code 1"
grep -q '^::error .*file=values-new.yaml,line=4' "$work/log" || fail "expected an annotation"
grep -q values-old.yaml "$work/log" && fail "expected silence about what the base has"
grep -q 'values-new.yaml' "$GITHUB_STEP_SUMMARY" || fail "expected a summary"
python3 -c 'import json,sys; assert len(json.load(open(sys.argv[1]))["runs"][0]["results"]) >= 1' "$(output sarif-file)" || fail "expected a report"
# Everything, on another event; only one path, with more options.
export BASE_SHA=
step base; [ "$code" = 0 ] && [ -z "$(output since)" ] || fail "expected no base"
SINCE='' INPUT_PATHS=$'values-old.yaml\nvalues-new.yaml' INPUT_ARGS=$'--select\ndebug-logging' step lint
[ "$(output exit-code)" = 1 ] && grep -q values-old.yaml "$work/log" || fail "expected the old finding"
SINCE='' INPUT_ARGS=--no-such-option step lint; [ "$(output exit-code)" = 2 ] || fail "expected exit code 2"
INPUT_SINCE=main step base; [ "$code" = 0 ] || fail "expected a branch to be fetched"
echo "ran action" >> "$log"
