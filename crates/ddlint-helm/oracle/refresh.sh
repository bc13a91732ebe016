#!/bin/sh
# Records what Go's encoders print for the chosen values, and compares a fresh run of generated ones. Needs Go.
set -eu
cd "$(dirname "$0")"
program=$(mktemp -d)/encoders
go build -o "$program" .
cd ..
DDLINT_ENCODERS="$program" DDLINT_RECORD=1 cargo test --test encoders recorded_vectors_agree
DDLINT_ENCODERS="$program" DDLINT_RECORD=1 cargo test --lib json_is_read_as_go_reads_it
DDLINT_ENCODERS="$program" DDLINT_ENCODERS_SEED="${1:-2}" cargo test --test encoders generated_values_agree_with_go
rm -r "$(dirname "$program")"
