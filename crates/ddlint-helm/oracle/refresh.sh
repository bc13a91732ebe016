#!/bin/sh
# Records what Go's encoders print for the chosen values and what sprig's functions give for the chosen calls, and
# compares a fresh run of generated values. Needs Go.
set -eu
cd "$(dirname "$0")"
program=$(mktemp -d)/encoders
go build -o "$program" .
go run ./funcs > ../tests/data/funcs.tsv
cd ..
DDLINT_ENCODERS="$program" DDLINT_RECORD=1 cargo test --test encoders recorded_vectors_agree
DDLINT_ENCODERS="$program" DDLINT_RECORD=1 cargo test --lib json_is_read_as_go_reads_it
DDLINT_ENCODERS="$program" DDLINT_ENCODERS_SEED="${1:-2}" cargo test --test encoders generated_values_agree_with_go
rm -r "$(dirname "$program")"
cargo test --lib funcs::tests
