#!/usr/bin/env bash
# Puts ddlint on the PATH of the job: a release whose checksum is verified, or a build of this revision.
set -euo pipefail
bin=${RUNNER_TEMP:?}/ddlint-bin
mkdir -p "$bin"
if [ "$INPUT_VERSION" = source ]; then
  cargo install --quiet --locked --path "${ACTION_PATH:?}" --root "$RUNNER_TEMP/ddlint-cargo"
  cp "$RUNNER_TEMP"/ddlint-cargo/bin/ddlint* "$bin/"
else
  version=${INPUT_VERSION#v}
  case "$version" in
    *[!0-9A-Za-z.-]* | "") echo "::error title=ddlint::\`version\` is a version such as 0.1.0, or \`source\`"; exit 2 ;;
  esac
  case "${RUNNER_OS:?}-${RUNNER_ARCH:?}" in
    Linux-X64) target=x86_64-unknown-linux-musl ;;
    Linux-ARM64) target=aarch64-unknown-linux-musl ;;
    macOS-X64) target=x86_64-apple-darwin ;;
    macOS-ARM64) target=aarch64-apple-darwin ;;
    Windows-X64) target=x86_64-pc-windows-msvc ;;
    *) echo "::error title=ddlint::there is no release for $RUNNER_OS on $RUNNER_ARCH; use \`version: source\`"; exit 2 ;;
  esac
  releases=${DDLINT_RELEASES:-https://github.com/ddlint/ddlint/releases/download}
  archive=ddlint-$version-$target.tar.gz
  cd "$RUNNER_TEMP"
  curl --fail --silent --show-error --location --retry 3 --output "$archive" "$releases/v$version/$archive"
  if [ -n "$INPUT_CHECKSUM" ]; then
    wanted=$INPUT_CHECKSUM
  else
    curl --fail --silent --show-error --location --retry 3 --output SHA256SUMS "$releases/v$version/SHA256SUMS"
    wanted=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' SHA256SUMS)
  fi
  if command -v sha256sum >/dev/null; then sum=$(sha256sum "$archive"); else sum=$(shasum -a 256 "$archive"); fi
  if [ -z "$wanted" ] || [ "${sum%% *}" != "$wanted" ]; then
    echo "::error title=ddlint::the checksum of $archive is ${sum%% *}, not ${wanted:-in the list of checksums}; nothing is installed"
    exit 2
  fi
  tar xzf "$archive" -C "$bin"
fi
"$bin/ddlint" --version
echo "$bin" >> "${GITHUB_PATH:?}"
