#!/usr/bin/env bash
# the pre-commit hook with the real pre-commit on a real repository: one run that finds, one that passes, one that mends
set -euo pipefail
log=${DDLINT_SUITE_LOG:-/dev/null}
skip() { echo "skipped pre-commit: $1" | tee -a "$log"; exit 0; }
command -v python3 >/dev/null || skip "Python is not there"
root=$PWD
target=${CARGO_TARGET_DIR:-$root/target}
tools=$target/pre-commit-tools
if [ ! -x "$tools/bin/pre-commit" ] || [ ! -x "$tools/bin/maturin" ]; then
  python3 -m venv "$tools" || skip "no virtual environment can be made"
  "$tools/bin/pip" install --quiet 'pre-commit>=4' 'maturin>=1.8,<2' || skip "PyPI cannot be reached"
fi

# The wheel just built stands in for the released one.
wheels=$target/pre-commit-wheels
rm -rf "$wheels"
(cd packaging/wheel && "$tools/bin/maturin" build --quiet --out "$wheels" --compatibility linux)
ls "$wheels"/ddlint-*.whl >/dev/null
export PIP_FIND_LINKS="$wheels" PIP_DISABLE_PIP_VERSION_CHECK=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The hook that is built from source needs the toolchain that is there.
export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
export PRE_COMMIT_HOME="$work/home" GIT_CONFIG_NOSYSTEM=1 HOME="$work"
git config --global user.name ci
git config --global user.email ci@example.com
git config --global init.defaultBranch main
git config --global safe.directory '*'

# The hooks of this working tree, committed or not.
hooks=$work/hooks
mkdir -p "$hooks"
(cd "$root" && git ls-files -co --exclude-standard -z | xargs -0 tar cf - --ignore-failed-read 2>/dev/null) | tar xf - -C "$hooks"
git -C "$hooks" init -q
git -C "$hooks" add -A
git -C "$hooks" commit -qm hooks
revision=$(git -C "$hooks" rev-parse HEAD)
"$tools/bin/pre-commit" validate-manifest "$hooks/.pre-commit-hooks.yaml"

users=$work/users
mkdir -p "$users/helm" "$users/k8s"
cd "$users"
git init -q
cat > k8s/app.yaml <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  template:
    spec:
      containers:
        - name: web
          env:
            - name: DD_AGENT_HOST
              valueFrom: { fieldRef: { fieldPath: status.hostIP } }
YAML
cat > helm/values.yaml <<'YAML'
datadog:
  apiKeyExistingSecret: datadog-secret
  apm:
    portEnabled: true
clusterAgent:
  tokenExistingSecret: datadog-cluster-agent-token
YAML
hook() { printf 'repos:\n  - repo: %s\n    rev: %s\n    hooks:\n      - id: %s\n        args: [%s]\n' "$hooks" "$revision" "$1" "$2" > .pre-commit-config.yaml; git add -A; }
run() { code=0; "$tools/bin/pre-commit" run > "$work/out" 2>&1 || code=$?; }
fail() { echo "$1 (exit $code)"; cat "$work/out"; exit 1; }

# Relations need the whole repository: the change is in the values, what it causes in another file.
hook ddlint '--select, agent-host-ip-unreachable'
git commit -qm first
run
[ "$code" = 0 ] || fail "nothing is staged, so nothing is found"
sed -i 's/portEnabled: true/portEnabled: false/' helm/values.yaml
git add -A
run
[ "$code" != 0 ] && grep -q agent-host-ip-unreachable "$work/out" && grep -q k8s/app.yaml "$work/out" || fail "expected the finding in k8s/app.yaml"
sed -i 's/portEnabled: false/portEnabled: true/' helm/values.yaml
printf '# a comment\n' >> helm/values.yaml
git add -A
run
[ "$code" = 0 ] || fail "expected a pass"

# A script is known by its first line; what is no input of ddlint starts no run.
hook ddlint '--select, cluster-agent-token-regenerated'
git commit -qam second
mkdir bin
printf '#!/bin/sh\nhelm upgrade --install datadog datadog/datadog --set datadog.apiKeyExistingSecret=x\n' > bin/deploy
chmod +x bin/deploy
git add -A
run
[ "$code" != 0 ] && grep -q bin/deploy "$work/out" || fail "expected the finding in a script without extension"
git rm -qrf bin
mkdir bin
printf '#!/usr/bin/env python3\n' > bin/tool
chmod +x bin/tool
for file in LICENSE Makefile README.md notes.txt; do echo x > "$file"; done
git add -A
run
[ "$code" = 0 ] && grep -q 'no files to check' "$work/out" || fail "expected that nothing runs"

hook ddlint-fix '--select, debug-logging'
printf '  logLevel: debug\n' > level
sed -i '/apiKeyExistingSecret/r level' helm/values.yaml
rm level
git add -A
run
[ "$code" != 0 ] || fail "a hook that changed files has to fail"
grep -q 'logLevel: INFO\|logLevel: info' helm/values.yaml || fail "expected the level to be mended"
git add -A
run
[ "$code" = 0 ] || fail "expected a pass after the fix"
# The hook that is built from source takes as long as a release; by hand: DDLINT_SOURCE_HOOK=1, or the target of a
# release that was just built, whose dependencies are used again.
if [ -n "${DDLINT_SOURCE_HOOK:-}" ]; then
  [ "$DDLINT_SOURCE_HOOK" = 1 ] || export CARGO_BUILD_TARGET=$DDLINT_SOURCE_HOOK CARGO_PROFILE_RELEASE_STRIP=true
  hook ddlint-source '--select, debug-logging'
  sed -i '/apiKeyExistingSecret/a\  logLevel: debug' helm/values.yaml
  sed -i '/logLevel: \(INFO\|info\)/d' helm/values.yaml
  git add -A
  run
  [ "$code" != 0 ] && grep -q 'debug-logging' "$work/out" || fail "expected the finding of a ddlint built from source"
  sed -i '/logLevel: debug/d' helm/values.yaml
  git add -A
  run
  [ "$code" = 0 ] || fail "expected a pass"
fi
echo "ran pre-commit: $("$tools/bin/pre-commit" --version)" >> "$log"
