#!/usr/bin/env bash
# Says what to compare with, and fetches that one commit: checkouts are shallow.
set -euo pipefail
since=$INPUT_SINCE
if [ "$since" = base ]; then
  since=${BASE_SHA:-}
fi
if [ -n "$since" ] && ! git cat-file -e "$since^{commit}" 2>/dev/null; then
  git fetch --quiet --no-tags --depth=1 origin "$since"
  # A branch has a name here only after the fetch.
  git cat-file -e "$since^{commit}" 2>/dev/null || since=$(git rev-parse FETCH_HEAD)
fi
echo "since=$since" >> "${GITHUB_OUTPUT:?}"
