#!/usr/bin/env bash
# the examples: the failures are found, the repaired twin is silent
set -euo pipefail
cargo build --quiet --bin ddlint
bin=${CARGO_TARGET_DIR:-target}/debug/ddlint
code=0; "$bin" check testdata/failures --format concise || code=$?
[ "$code" = 1 ] || { echo "expected exit 1 on testdata/failures, got $code"; exit 1; }
"$bin" check testdata/repaired --format concise
code=0; "$bin" check testdata/does-not-exist 2>/dev/null || code=$?
[ "$code" = 2 ] || { echo "expected exit 2 on a missing path, got $code"; exit 1; }
