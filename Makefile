.DEFAULT_GOAL := help
SHELL := /bin/sh
export PYTHONUTF8 := 1

BIN := .venv/bin
STAMP := .venv/.installed
WORKERS ?= 2
MINUTES ?= 10
DATABASE ?= sqlite

.PHONY: help install demo serve browser test test-long torture lint bench bench-peers reference screenshots clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

install: $(STAMP) ## make .venv from the pinned constraints (a second call does nothing)

$(STAMP): constraints.txt setup.cfg pyproject.toml
	@python=; \
	for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14 python; do \
	  if command -v "$$candidate" >/dev/null 2>&1 && "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    python=$$candidate; break; \
	  fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo 'No Python 3.11 or newer on the PATH. Install one, or name it: make install PYTHON=/path/to/python3.12' >&2; exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$python has no venv module. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; \
	fi; \
	echo "Installing into .venv with $$("$$python" --version)"; \
	"$$python" -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt setuptools
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-build-isolation --editable '.[dev]'
	@touch $(STAMP)

demo: install ## a made-up district and a month of four clubs, from the sheets to the statement
	@$(BIN)/python -m gateway.demo $(ARGS)

serve: install ## the demo's pages in a browser: the gateway's and the Navigator's, with log-ins
	@$(BIN)/python -m gateway.demo.serve $(ARGS)

lint: install ## style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/mypy --strict gateway adapters navigator
	$(BIN)/lint-imports

browser: install ## the browser for the tests of the pages, if there is none
	@$(BIN)/python -m tests.web.chromium

test: lint browser ## everything: lint, then all tests but the long ones
	$(BIN)/python -m pytest -q -n $(WORKERS) $(ARGS)

test-long: lint browser ## all tests, those of several minutes too
	$(BIN)/python -m pytest -q -n $(WORKERS) -m "long or not long" $(ARGS)

torture: install ## kill, cut and stop everything at random for MINUTES (10) on DATABASE (sqlite, postgresql); SEED=… draws the same again
	@$(BIN)/python -m tests.torture --minutes $(MINUTES) --database $(DATABASE) $(if $(SEED),--seed $(SEED))

bench: install ## speed, as ratios within one run, into var/bench.json; ARGS=--quick, or names of rows
	@$(BIN)/python -m benchmarks $(ARGS)

bench-peers: install ## what the bench holds us against (dlt, a Singer target, django-hordak), in an environment of its own
	@$(BIN)/python -m venv --clear var/bench-peers
	@var/bench-peers/bin/python -m pip install --quiet --disable-pip-version-check --requirement benchmarks/peer/requirements.txt

reference: install ## docs/plugin-reference.md, out of the code
	@$(BIN)/python -m gateway.plugins.reference docs/plugin-reference.md

screenshots: install ## the pictures of docs/images, made anew
	@rm -rf var/screenshots && mkdir -p var/screenshots docs/images
	cd var/screenshots && ../../$(BIN)/python -m gateway.demo --lang ru --svg ../../docs/images/demo-report.svg >/dev/null
	$(BIN)/python -m pytest -q tests/web/test_browser.py -k fits
	$(BIN)/python -m pytest -q -n $(WORKERS) -m "long or not long" tests/web/families -k "not axe and not pictures"
	$(BIN)/python -m tests.web.pictures
	cp var/test-screenshots/status-phone-light.png docs/images/status-phone.png
	cp var/test-screenshots/status-desktop-light.png docs/images/status-desktop.png

clean: ## remove .venv, caches and the data under var
	rm -rf .venv var build *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
