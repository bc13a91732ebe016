#!/usr/bin/env bash
# what is recorded of the template functions is what sprig gives
set -euo pipefail
log=${DDLINT_SUITE_LOG:-/dev/null}
if ! command -v go >/dev/null; then echo "skipped sprig: Go is not there" | tee -a "$log"; exit 0; fi
cd crates/ddlint-helm/oracle
go run ./funcs | diff - ../tests/data/funcs.tsv
echo "ran sprig" >> "$log"
