#!/usr/bin/env bash
# Records what the real helm makes of the charts in tests/charts, as the truth that the tests compare with.
#
#   oracle/record.sh                  writes tests/charts/*/expected
#   oracle/record.sh --check          compares instead and fails where anything differs
#
# Needs helm 3 (go install helm.sh/helm/v3/cmd/helm@v3.19.0) as $HELM or on the PATH; with helm 4 as $HELM4 its output
# is recorded too. A case that helm refuses is recorded as its error.
set -euo pipefail
cd "$(dirname "$0")/../tests/charts"
helm3=${HELM:-helm}
helm4=${HELM4:-}
check=${1:-}
status=0

record() { # HELM SUFFIX CHART CASE
    local args=() line out=$3/expected/$4$2
    while IFS= read -r line; do args+=("$line"); done <"$3/cases/$4.args"
    local new=new.$$
    rm -f "$new.yaml" "$new.err"
    if ! (cd "$3" && "$1" template rel chart --include-crds --namespace ns --kube-version v1.34.0 "${args[@]}") \
        >"$new.yaml" 2>"$new.err"; then
        rm -f "$new.yaml"
        sed -n '/^Error: /,$p' "$new.err" | sed '/^Use --debug flag/d; /^$/d' >"$new.err2"
        mv "$new.err2" "$new.err"
    else
        rm -f "$new.err"
    fi
    local kind
    for kind in yaml err; do
        if [ "$check" = --check ]; then
            # A case has output or an error; diff wants at least one of two files to be there.
            if [ -e "$out.$kind" ] || [ -e "$new.$kind" ]; then
                diff -uN "$out.$kind" "$new.$kind" || status=1
            fi
            rm -f "$new.$kind"
        else
            rm -f "$out.$kind"
            if [ -e "$new.$kind" ]; then mv "$new.$kind" "$out.$kind"; fi
        fi
    done
}

for chart in */; do
    chart=${chart%/}
    mkdir -p "$chart/expected"
    for case in "$chart"/cases/*.args; do
        case=$(basename "$case" .args)
        record "$helm3" "" "$chart" "$case"
        if [ -n "$helm4" ]; then record "$helm4" .v4 "$chart" "$case"; fi
    done
done
exit $status
