#!/usr/bin/env bash
# the fuzz targets compile (`cargo test --manifest-path fuzz/Cargo.toml` runs them on seeds and mutations of them)
set -euo pipefail
cargo check --quiet --manifest-path fuzz/Cargo.toml --all-targets --target-dir "${CARGO_TARGET_DIR:-target}"
