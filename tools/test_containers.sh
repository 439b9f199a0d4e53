#!/usr/bin/env bash
# Build the images, start docker-compose.yml, wait until it is ready, run the flow test against it, take it down.
# Uses Docker Compose where there is an engine; elsewhere the podman stand-in that CONTAINERS names. KEEP=1 leaves it running.
# It is a project of its own, with its own port, passwords and volumes, so that a deployment from this checkout is not touched.
set -euo pipefail
cd "$(dirname "$0")/.."
podman=${CONTAINERS:-../shared/tools/containers.sh}
project=shelfcast-test
env_file=out/containers-test.env
port=${SHELFCAST_TEST_PORT:-18000}
export SHELFCAST_PORT=$port

python3 tools/containers_env.py "$env_file"
# the shell's variables would win over the file's
for name in $(cut -d= -f1 "$env_file"); do unset "$name"; done
if docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1; then
  compose() { docker compose --project-name "$project" --env-file "$env_file" "$@"; }
  health() { compose ps; }
  compose build
elif [ -x "$podman" ]; then
  compose() { "$podman" compose --project-name "$project" --env-file "$env_file" "$@"; }
  health() { "$podman" health "$project"; }
  "$podman" setup
  "$podman" base docker.io/library/python:3.11-slim-bookworm docker.io/library/node:20-bookworm-slim \
    docker.io/library/postgres:17 docker.io/valkey/valkey:8
  for image in gateway registry training prediction; do
    "$podman" build deploy/Dockerfile "shelfcast/$image" . --target "$image"
  done
else
  echo "Containers need Docker with Compose, or CONTAINERS=path to a stand-in for it." >&2
  exit 2
fi

down() { [ -n "${KEEP:-}" ] || compose down --volumes >/dev/null 2>&1 || true; }
trap down EXIT
compose down --volumes >/dev/null 2>&1 || true # what a run that was cut off left
compose up -d --no-build

echo "• waiting for http://127.0.0.1:$port"
for _ in $(seq 180); do
  curl -fsS "http://127.0.0.1:$port/api/health" 2>/dev/null | grep -q '"status": *"ready"' && ready=1 && break
  sleep 1
done
if [ -z "${ready:-}" ]; then
  compose ps
  compose logs --tail 50
  echo "The containers were not ready within 180 s." >&2
  exit 1
fi
for _ in 1 2 3 4 5 6; do
  health && healthy=1 && break
  sleep 10
done
[ -n "${healthy:-}" ] || { echo "Some containers are not healthy." >&2; exit 1; }
SHELFCAST_FLOW_URL="http://127.0.0.1:$port" .venv/bin/pytest -q -m flow tests/flow/test_loop.py
