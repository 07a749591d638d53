# Needs only make and Python 3.11 or later. `make help` lists the commands.

VENV ?= .venv
DEMO_DIR ?= build/demo
PYTEST_ARGS ?=

# The first interpreter that is new enough; name another with `make PYTHON=...`.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& echo $$python && break; done)

PIP_INSTALL = -m pip --disable-pip-version-check install --quiet --progress-bar off --no-warn-script-location
PEERS = $(VENV)-peers
LOCK = $(VENV)-lock
UV_COMPILE = $(LOCK)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate

.DEFAULT_GOAL := help
.PHONY: help demo test check docs format public-names bench-peers environment full lock upgrade clean
.DELETE_ON_ERROR:

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.runtime ## three feeds in, one pseudonymous child index out, on invented people
	@rm -rf $(DEMO_DIR)
	@mkdir -p $(dir $(DEMO_DIR))
	@$(VENV)/bin/childindex demo $(DEMO_DIR)

test: $(VENV)/.test ## all tests that need no extra service (PYTEST_ARGS="-k name" selects)
	@$(VENV)/bin/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/.test ## format, lint, types, import contracts, and the built wheel in an empty environment
	$(VENV)/bin/ruff format --check --quiet .
	$(VENV)/bin/ruff check --quiet .
	$(VENV)/bin/mypy --no-error-summary
	$(VENV)/bin/lint-imports --no-logo
	$(VENV)/bin/python -m pytest -q -m wheel tests/project

format: $(VENV)/.test ## format the code, and mend what lint can mend
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

docs: $(VENV)/.full ## the pages of docs/ as a site in build/docs; a warning is an error
	@$(VENV)/bin/python docs/make_specification.py
	@$(VENV)/bin/sphinx-build -q -W --keep-going -E -b html docs build/docs
	@echo build/docs/index.html

public-names: $(VENV)/.test ## pin the public names of all packages anew
	$(VENV)/bin/python tests/project/test_public_names.py

bench-peers: $(PEERS)/.peers $(VENV)/.test ## benchmarks against other linkage software, in its own environment
	CHILDINDEX_PEERS_PYTHON=$(abspath $(PEERS))/bin/python $(VENV)/bin/python benchmarks/peers.py

environment: $(VENV)/.test ## only make the environment that test and check use

full: $(VENV)/.full ## add what browser, Spark and documentation tests need; `make test` then runs them too

lock: $(LOCK)/.lock ## resolve constraints/ again, keeping versions that still fit
	$(UV_COMPILE) pyproject.toml constraints/build.in --extra test --extra evaluation --extra check \
		--output-file constraints/test.txt $(LOCK_ARGS)
	$(UV_COMPILE) pyproject.toml constraints/build.in --extra test --extra evaluation --extra check --extra full \
		--constraint constraints/test.txt --output-file constraints/full.txt $(LOCK_ARGS)
	$(UV_COMPILE) pyproject.toml constraints/build.in --constraint constraints/test.txt \
		--output-file constraints/runtime.txt $(LOCK_ARGS)
	$(UV_COMPILE) constraints/peers.in --output-file constraints/peers.txt $(LOCK_ARGS)
	$(UV_COMPILE) constraints/lock.in --output-file constraints/lock.txt $(LOCK_ARGS)

upgrade: ## resolve constraints/ again, to the newest versions
	@$(MAKE) lock LOCK_ARGS=--upgrade

clean: ## remove environments, caches and what was built
	rm -rf $(VENV) $(PEERS) $(LOCK) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------- environments
# An empty file inside an environment stands for one lock file, installed. Installing is repeated only when the
# lock file or pyproject.toml is newer than it.

define MAKE_ENVIRONMENT
	@if [ -z "$(PYTHON)" ]; then \
		echo "No Python 3.11 or later with venv and ensurepip on PATH (python3 is: $$(python3 -V 2>&1))." >&2; \
		echo "Install one (Debian, Ubuntu: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python" >&2; \
		exit 1; \
	fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is $$($(PYTHON) -V 2>&1); Python 3.11 or later is needed: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -m venv $(@D)
	@touch $@
endef

define INSTALL_PROJECT
	@$(@D)/bin/python $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
endef

$(VENV)/.made $(PEERS)/.made $(LOCK)/.made:
	$(MAKE_ENVIRONMENT)

$(VENV)/.runtime: constraints/runtime.txt pyproject.toml | $(VENV)/.made
	@echo "Installing what childindex needs into $(VENV) (once; a minute or two)" >&2
	@$(@D)/bin/python $(PIP_INSTALL) --require-hashes -r $<
	$(INSTALL_PROJECT)
	@touch $@

$(VENV)/.test: constraints/test.txt pyproject.toml | $(VENV)/.made
	@echo "Installing what childindex and its tests need into $(VENV) (once; a minute or two)" >&2
	@$(@D)/bin/python $(PIP_INSTALL) --require-hashes -r $<
	$(INSTALL_PROJECT)
	@touch $@

$(VENV)/.full: constraints/full.txt | $(VENV)/.test
	@echo "Installing what the whole suite needs into $(VENV) (once; a minute or two)" >&2
	@$(@D)/bin/python $(PIP_INSTALL) --require-hashes -r $<
	@touch $@

$(PEERS)/.peers: constraints/peers.txt | $(PEERS)/.made
	@echo "Installing the peers into $(PEERS) (once; a minute or two)" >&2
	@$(@D)/bin/python $(PIP_INSTALL) --require-hashes -r $<
	@touch $@

$(LOCK)/.lock: constraints/lock.txt | $(LOCK)/.made
	@$(@D)/bin/python $(PIP_INSTALL) --require-hashes -r $<
	@touch $@
