#!/usr/bin/env bash
# the renderer against the real helm, on the charts of the project
set -euo pipefail
log=${DDLINT_SUITE_LOG:-/dev/null}
if ! command -v go >/dev/null; then echo "skipped helm: Go is not there" | tee -a "$log"; exit 0; fi
helm=$(go env GOPATH)/bin/helm
[ -x "$helm" ] || go install helm.sh/helm/v3/cmd/helm@v3.19.0
export HELM="$helm"
bash crates/ddlint-helm/oracle/record.sh --check
echo "ran helm-oracle" >> "$log"
# `--renderer helm`, with the binary that was found; `ran helm-binary` is the test's own line.
cargo test --quiet -p ddlint --test helm_binary
grep -qx "ran helm-binary" "$log" || [ "$log" = /dev/null ] || { echo "the tests did not find $HELM"; exit 1; }
