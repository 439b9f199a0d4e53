# The commands of this repository; `make help` lists them.
.DEFAULT_GOAL := help
.NOTPARALLEL:
unexport PYTHONDONTWRITEBYTECODE
# The first Python that fits; a newer or older python3 may stand beside it.
ifndef PYTHON
PYTHON := $(shell for python in python3 python3.13 python3.12 python3.11; do \
  $$python -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12), (3, 13)))' 2>/dev/null && echo $$python && exit; \
  done; echo python3)
endif
BIN := .venv/bin
PYTEST := OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/pytest -q
FAST := not flow and not e2e
BY_FILE := -n 2 --dist loadfile

run: ## Set up what is missing, start Shelfcast and print its address (SHELFCAST_PORT, SHELFCAST_DATA, SHELFCAST_DEMO=0)
	@$(PYTHON) tools/setup.py local
	@$(PYTHON) tools/web.py build
	@exec $(BIN)/shelfcast up

test: lint types unit web-test flow e2e ## Everything that must pass: style, types, imports, unit, service, web, flow and browser tests

setup: ## Set up .venv with everything for development
	@$(PYTHON) tools/setup.py dev

lint: setup ## Formatting, style, and who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: setup ## mypy, strict
	$(BIN)/mypy

unit: setup ## Unit and service tests
	$(PYTEST) -n 2 -m "$(FAST)"

web: ## Build the web app if its sources have changed
	@$(PYTHON) tools/web.py build

web-test: setup ## Style, types and unit tests of the web app
	$(PYTHON) tools/web.py run lint
	$(PYTHON) tools/web.py run types
	$(PYTHON) tools/web.py run test

flow: setup web ## The whole loop with real processes
	$(PYTEST) -m flow tests/flow

e2e: setup web browser ## What the planner does, in a real browser
	$(PYTEST) $(BY_FILE) -m e2e tests/e2e

browser:
	@$(PYTHON) tools/browser.py

generate: setup ## Write the generated files: the OpenAPI document, the web app's types, the catalogue of algorithms
	$(BIN)/python -m tools.openapi
	$(PYTHON) tools/web.py run generate

screenshots: setup web browser ## Photograph every page into out/screenshots, and the README's picture into docs
	$(BIN)/python -m tests.e2e.screenshots

bench-loop: setup ## Measure the whole loop
	$(BIN)/python -m benchmarks.loop

containers-env: ## Write .env with random passwords for docker-compose.yml, once
	@$(PYTHON) tools/containers_env.py

test-containers: setup ## Build the containers, start them, run the flow test against them
	bash tools/test_containers.sh

lock: setup ## Pin all dependencies again
	bash tools/lock.sh

clean: ## Remove everything that can be made again; the data folder stays
	rm -rf .venv web/node_modules web/dist out .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run test setup lint types unit web web-test flow e2e browser generate screenshots bench-loop containers-env test-containers lock clean help
