#!/usr/bin/env bash
# the fuzz targets compile, and hold on their seeds and simple mutations of them
set -euo pipefail
cargo test --quiet --manifest-path fuzz/Cargo.toml --target-dir "${CARGO_TARGET_DIR:-target}"
