#!/usr/bin/env bash
# toYaml, toJson, toToml and their kin, compared with Go's own encoders on generated values
set -euo pipefail
log=${DDLINT_SUITE_LOG:-/dev/null}
if ! command -v go >/dev/null; then
  echo "skipped encoders: Go is not installed" | tee -a "$log"
  exit 0
fi
program=$PWD/target/encoders-of-go
mkdir -p target
(cd crates/ddlint-helm/oracle && go build -o "$program" .)
DDLINT_ENCODERS="$program" cargo test --quiet -p ddlint-helm --test encoders
echo "ran encoders: 20000 generated values" >> "$log"
