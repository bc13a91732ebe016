#!/bin/sh
# ddlint beside the linters that people run on rendered manifests today, on the same folder, as whole processes, in turn.
#
# usage: benches/against-peers.sh FOLDER [ROUNDS]
#
# Each peer that is there is run; those that are missing are named with the way to get them. User and system seconds,
# elapsed seconds and the peak memory are printed for each run: read ratios from one run, side by side. kubeconform is
# given one empty schema, so that it needs no network: it then parses and walks every document and validates nothing.
set -eu
folder=${1:?usage: benches/against-peers.sh FOLDER [ROUNDS]}
rounds=${2:-3}
ddlint=${DDLINT:-target/release/ddlint}
command -v "$ddlint" >/dev/null || { echo "no $ddlint: cargo build --release, or DDLINT=path" >&2; exit 2; }
command -v /usr/bin/time >/dev/null || { echo "GNU time is needed at /usr/bin/time" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo '{}' > "$work/any.json"

run() {
    name=$1
    shift
    # An exit code of 1 means findings.
    /usr/bin/time -q -f "$name	%U user	%S system	%e elapsed	%M KB" "$@" >/dev/null 2>"$work/err" || true
    tail -n 1 "$work/err"
}

for round in $(seq "$rounds"); do
    echo "round $round"
    run "ddlint, one thread  " "$ddlint" check --isolated --jobs 1 --format json "$folder"
    run "ddlint              " "$ddlint" check --isolated --format json "$folder"
    if command -v kubeconform >/dev/null; then
        run "kubeconform         " kubeconform -output json -schema-location "$work/any.json" "$folder"
    fi
    if command -v kube-linter >/dev/null; then
        run "kube-linter         " kube-linter lint --format json "$folder"
    fi
    if command -v kube-score >/dev/null; then
        find "$folder" -name '*.yaml' -print0 > "$work/files"
        run "kube-score          " xargs -0 -a "$work/files" kube-score score -o json
    fi
done
command -v kubeconform >/dev/null || echo "not run: kubeconform (go install github.com/yannh/kubeconform/cmd/kubeconform@latest)"
command -v kube-linter >/dev/null || echo "not run: kube-linter (go install golang.stackrox.io/kube-linter/cmd/kube-linter@latest)"
command -v kube-score >/dev/null || echo "not run: kube-score (go install github.com/zegl/kube-score/cmd/kube-score@latest)"
