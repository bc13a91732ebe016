#!/usr/bin/env bash
# The whole stack on one laptop.
set -euo pipefail
cd "$(dirname "$0")/.."

minikube start

helm repo add datadog https://helm.datadoghq.com
helm upgrade --install datadog-agent datadog/datadog -f helm/values.yaml

# A ready pod is not yet a listening trace-agent: ask it.
for _ in $(seq 1 30); do
  if kubectl run curl-test --rm -i --restart=Never --image=curlimages/curl:8.10.1 -- \
      curl -s --connect-timeout 2 http://datadog-agent:8126/info; then
    break
  fi
  sleep 3
done

kubectl apply -f k8s/rayne.yaml
kubectl apply -f k8s/traffic.yaml
