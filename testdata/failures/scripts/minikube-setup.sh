#!/usr/bin/env bash
# The whole stack on one laptop.
set -euo pipefail
cd "$(dirname "$0")/.."

minikube start
kubectl apply -f k8s/rayne.yaml

helm repo add datadog https://helm.datadoghq.com
helm upgrade --install datadog-agent datadog/datadog -f helm/values.yaml

kubectl wait --for=condition=ready pod -l app=datadog-agent --timeout=180s
kubectl apply -f k8s/traffic.yaml
kubectl rollout restart deployment/rayne
