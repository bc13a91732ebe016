#!/usr/bin/env bash
# Lints, and leaves the exit code to the last step, so that the report is uploaded also when something was found.
set -euo pipefail
options=()
paths=()
[ -z "$INPUT_CONFIG" ] || options+=(--config "$INPUT_CONFIG")
[ -z "$INPUT_FAIL_ON" ] || options+=(--fail-on "$INPUT_FAIL_ON")
[ -z "${SINCE:-}" ] || options+=(--since "$SINCE")
while IFS= read -r line; do [ -z "$line" ] || options+=("$line"); done <<< "$INPUT_ARGS"
while IFS= read -r line; do [ -z "$line" ] || paths+=("$line"); done <<< "$INPUT_PATHS"
[ ${#paths[@]} -gt 0 ] || paths=(.)

check() { ddlint check --no-progress --format "$1" "${options[@]+"${options[@]}"}" ${2:+--output "$2"} -- "${paths[@]}"; }
code=0
sarif=${RUNNER_TEMP:?}/ddlint.sarif
check sarif "$sarif" || code=$?
[ "$INPUT_ANNOTATIONS" != true ] || check github || true
[ "$INPUT_SUMMARY" != true ] || check markdown >> "${GITHUB_STEP_SUMMARY:?}" || true
# For the log, where people look first.
check concise || true
{
  echo "exit-code=$code"
  echo "sarif-file=$sarif"
} >> "${GITHUB_OUTPUT:?}"
