#!/usr/bin/env bash
# One archive of a release: the binary, its man page, completions and licences. `archive.sh TARGET VERSION`
set -euo pipefail
target=$1 version=$2
DDLINT_COMMIT=$(git rev-parse --short=12 HEAD)
# Nobody reads the symbols of a release.
export DDLINT_COMMIT CARGO_PROFILE_RELEASE_STRIP=true
cargo build --release --locked --bin ddlint --target "$target"
built=${CARGO_TARGET_DIR:-target}/$target/release
binary=ddlint
[ -e "$built/ddlint.exe" ] && binary=ddlint.exe
work=$(mktemp -d)
cp "$built/$binary" LICENSE-MIT LICENSE-APACHE README.md CHANGELOG.md "$work/"
"$work/$binary" man > "$work/ddlint.1"
mkdir "$work/completions"
for shell in bash zsh fish elvish powershell; do "$work/$binary" completions "$shell" > "$work/completions/ddlint.$shell"; done
mkdir -p dist
archive=$PWD/dist/ddlint-$version-$target.tar.gz
(cd "$work" && tar czf "$archive" -- *)
rm -rf "$work"
