#!/usr/bin/env bash
# The wheel of a release, from the same build as the archive, in `wheels`. `wheel.sh TARGET`
set -euo pipefail
target=$1
compatibility=()
# That binary is static: its wheel is for every Linux, whatever the C library.
case "$target" in *-linux-musl) compatibility=(--compatibility manylinux2014 musllinux_1_2) ;; esac
# As the archive is built, or everything would be built twice.
DDLINT_COMMIT=$(git rev-parse --short=12 HEAD)
export DDLINT_COMMIT CARGO_PROFILE_RELEASE_STRIP=true
root=$PWD
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python=$(command -v python3 || command -v python)
"$python" -m venv "$tools"
PATH=$tools/bin:$tools/Scripts:$PATH
python -m pip install --quiet --disable-pip-version-check 'maturin>=1.8,<2'
# What is built stands in its own folder, so that the repository's own packaging can be the one of pre-commit.
cd packaging/wheel
maturin build --release --locked --target "$target" --out "$root/wheels" "${compatibility[@]+"${compatibility[@]}"}"
