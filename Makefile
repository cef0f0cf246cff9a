# Two verbs do everything: `make run` (set up, load the demonstration town, serve) and `make test` (set up, all tests).
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := run
.PHONY: run demo test test-system screens bench lint fix lock clean

PYTHON ?= python3.11
BASE_PYTHON := $(shell command -v $(PYTHON) || command -v python3)
PY := .venv/bin/python
SETUP := .venv/.locked
SCALE ?= 1

run: $(SETUP)              ## set up, load the demonstration town when nothing is loaded, serve
	@$(PY) -m etl demo --scale $(SCALE) --if-empty --first
	@# The two updates arrive while the base is on show; then each midnight brings its colours, until the server, which becomes process $$, ends.
	@# Beside it the demonstration town lives: incidents happen and are handled. In a real town nothing is made up.
	@{ nice $(PY) -m etl demo --scale $(SCALE) --rest; exec nice $(PY) -m etl repaint --daily --beside $$$$; } & \
	  nice $(PY) -m incidents simulate --beside $$$$ & exec $(PY) app.py

demo: $(SETUP)             ## generate and load the demonstration town again
	@$(PY) -m etl demo --scale $(SCALE)

# The environment is rebuilt only when the lock file changes.
$(SETUP): requirements.lock
	@echo "Setting up .venv (once)"
	@$(BASE_PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' || { echo "OneScreen needs Python 3.11 or 3.12"; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || $(BASE_PYTHON) -m venv --clear .venv >/dev/null \
	  || { apt-get update -qq && apt-get install -qq -y python3-venv >/dev/null && $(BASE_PYTHON) -m venv --clear .venv; }
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock 2>&1 | { grep -v '^WARNING: Location' || true; }
	@touch $@

# What the tests need from the system: a browser, Chinese fonts, and PostgreSQL with PostGIS as a peer.
test-system:
	@missing=""; \
	command -v node >/dev/null || missing="$$missing nodejs"; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	fc-list :lang=zh-cn 2>/dev/null | grep -q . || missing="$$missing fonts-noto-cjk fontconfig"; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 || missing="$$missing postgresql-postgis"; \
	if [ -n "$$missing" ]; then \
	  echo "Installing$$missing"; \
	  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $$missing; } >.venv/apt.log 2>&1 || { tail -n 20 .venv/apt.log; exit 1; }; \
	fi

test: $(SETUP) test-system lint   ## everything, the browser included
	@node --test tests/js/*.test.js >.venv/js.log 2>&1 || { cat .venv/js.log; exit 1; }
	@$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

screens: $(SETUP) test-system   ## every page at every size, in both languages and looks, in three towns, with pictures under .onescreen/artefacts/screens
	@$(PY) -m pytest -n 2 -m matrix tests/e2e

lint: $(SETUP)
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --check --quiet .
	@$(PY) -m mypy --no-error-summary

fix: $(SETUP)              ## mend what can be mended by machine
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format --quiet .

bench: $(SETUP)            ## all benchmarks at small size
	@for file in $$(grep -l __main__ bench/*.py); do echo "== $$file"; $(PY) $$file; done

lock: $(SETUP)             ## resolve the dependencies again, with hashes and without any host name
	@$(PY) -m pip install --quiet uv && .venv/bin/uv pip compile --quiet --no-emit-index-url --no-header --generate-hashes --python-version 3.11 --extra dev pyproject.toml -o requirements.lock

clean:                     ## remove what was set up and loaded
	@rm -rf .venv .onescreen .mypy_cache .ruff_cache .pytest_cache
