#!/bin/sh
# ddlint beside `helm template`, as whole processes, in turn: each chart alone, then all charts below the folder, one
# ddlint process against one helm process for each.
#
# usage: benches/against-helm.sh FOLDER [ROUNDS]
#
# FOLDER is a chart or a folder of charts; what lies in a chart's charts/ is rendered with it. The best of the rounds
# (default 5) is printed in user and system seconds; with ALL_CHARTS=1 only all charts together are measured. A chart
# that helm refuses (dependencies that are not there) says nothing about speed and is left out. `render` says beside the
# manifests where each field comes from and what drifts; `--manifests-only` does what `helm template` does.
set -eu
folder=${1:?usage: benches/against-helm.sh FOLDER [ROUNDS]}
rounds=${2:-5}
ddlint=${DDLINT:-target/release/ddlint}
helm=${HELM:-helm}
kube=v1.34.0
command -v "$ddlint" >/dev/null || { echo "no $ddlint: cargo build --release, or DDLINT=path" >&2; exit 2; }
command -v "$helm" >/dev/null || { echo "no $helm: go install helm.sh/helm/v3/cmd/helm@latest, or HELM=path" >&2; exit 2; }
command -v /usr/bin/time >/dev/null || { echo "GNU time is needed at /usr/bin/time" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The least user time of the rounds, and the system time beside it.
best() {
    for _ in $(seq "$rounds"); do
        /usr/bin/time -q -f '%U %S' "$@" >/dev/null 2>"$work/err" </dev/null || true
        tail -n 1 "$work/err"
    done | sort -n | head -n 1
}

show() {
    echo "$1 $2 $3" | awk '{ us = $2 + $3; them = $4 + $5
        printf "%-40s ddlint %5.2f + %4.2f s   helm %5.2f + %4.2f s   %4.1f times less\n", $1, $2, $3, $4, $5, (us > 0 ? them / us : 0) }'
}

find "$folder" -name Chart.yaml | sort | while read -r file; do
    chart=$(dirname "$file")
    case $chart in
    */charts/*) [ -e "${chart%/charts/*}/Chart.yaml" ] && continue ;;
    esac
    if "$helm" template rel "$chart" --kube-version "$kube" --include-crds >/dev/null 2>&1; then echo "$chart"; fi
done > "$work/charts"

[ "${ALL_CHARTS:-}" ] || while read -r chart; do
    ours=$(best "$ddlint" render "$chart" --release-name rel --kube-version "$kube")
    alone=$(best "$ddlint" render --manifests-only "$chart" --release-name rel --kube-version "$kube")
    theirs=$(best "$helm" template rel "$chart" --kube-version "$kube" --include-crds)
    show "$(basename "$chart")" "$ours" "$theirs"
    show "$(basename "$chart"),manifests" "$alone" "$theirs"
done < "$work/charts"

if [ "$(wc -l < "$work/charts")" -gt 1 ]; then
    # Copies, so that ddlint sees the same charts, each once with its defaults and nothing else.
    mkdir "$work/repository"
    number=0
    while read -r chart; do
        number=$((number + 1))
        cp -R "$chart" "$work/repository/$number"
        rm -rf "$work/repository/$number/ci"
    done < "$work/charts"
    cat > "$work/all.sh" <<EOF
while read -r chart; do "$helm" template rel "\$chart" --kube-version "$kube" --include-crds; done < "$work/charts"
EOF
    ours=$(best "$ddlint" render "$work/repository" --kube-version "$kube")
    alone=$(best "$ddlint" render --manifests-only "$work/repository" --kube-version "$kube")
    checked=$(best "$ddlint" check "$work/repository" --kube-version "$kube")
    theirs=$(best sh "$work/all.sh")
    show "all_rendered" "$ours" "$theirs"
    show "all_manifests" "$alone" "$theirs"
    show "all_checked" "$checked" "$theirs"
fi
