# With Python 3.11 to 3.13 and make: `make run` makes everything, `make test` checks everything, `make help` lists the rest.
# The environment in .venv is built on first use and reused until requirements.lock or pyproject.toml changes.

.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory
SHELL := /bin/sh

BIN := .venv/bin
PYTHON ?= python3.13 python3.12 python3.11 python3
SUPPORTED := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
RENDERED := $(sort $(wildcard outputs/pop/notebooks/*.ipynb)) $(sort $(wildcard outputs/pop/notebooks/profiles/*.ipynb))

# An environment that was moved with its folder, or whose Python is gone, is built again.
ifneq ($(shell test -x $(BIN)/python && test "$$(cat .venv/installed 2>/dev/null)" = "$$(pwd -P)" && echo here),here)
.PHONY: .venv/installed
endif

.PHONY: help run test bench fuzz lab lock clean

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile
	@echo "A run takes options; after the first run see: $(BIN)/pop run --help"

run: .venv/installed ## run all notebooks on the sample study and say where to look
	@$(BIN)/pop run

test: .venv/installed ## run every check, as continuous integration does
	@echo "1/4 ruff: likely mistakes in code and notebooks"
	@$(BIN)/python -m ruff check --quiet .
	@echo "2/4 import-linter: an answer travels one way through the modules"
	@$(BIN)/lint-imports --no-logo --cache-dir .cache/import-linter
	@echo "3/4 pytest: the promises in tests/"
	@$(BIN)/python -m pytest -q tests
	@echo "4/4 nbval: every rendered notebook, run again, gives the same results"
	@test -n "$(strip $(RENDERED))" || { echo "No rendered notebook in outputs/pop/notebooks. Make them: make run"; exit 1; }
	@$(BIN)/python -m pytest -q --nbval --nbval-current-env $(RENDERED)
	@echo "All checks passed."

bench: .venv/installed ## time run, tests, ingest of growing exports and estimates beside their peers
	@$(BIN)/pop bench

fuzz: .venv/installed ## damage exports and forms for ten minutes; all must be read, or refused with a clear message
	@$(BIN)/python tests/fuzz.py --minutes 10 --seed "$$(date +%s)" --keep .cache/fuzz

lab: .venv/installed ## open JupyterLab in this folder
	@$(BIN)/python -m jupyterlab

lock: .venv/installed ## pin every dependency again, after a change in pyproject.toml
	@$(BIN)/python -m pip install -qq uv
	@UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --upgrade --no-config --universal \
	  --fork-strategy fewest --python-version 3.11 --extra dev --extra browser --generate-hashes --no-annotate \
	  --no-emit-index-url --no-emit-find-links --output-file requirements.lock pyproject.toml
	@echo "requirements.lock is written. Now: make test"

clean: ## remove the environment and caches; data and outputs stay
	@rm -rf .venv .cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: requirements.lock pyproject.toml
	@if ! $(BIN)/python -c '$(SUPPORTED)' 2>/dev/null || [ "$$(cat .venv/installed 2>/dev/null || pwd -P)" != "$$(pwd -P)" ]; then \
	  for python in $(PYTHON); do \
	    if "$$python" -c '$(SUPPORTED)' 2>/dev/null; then found="$$python"; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo "No Python 3.11, 3.12 or 3.13 with venv was found (tried: $(PYTHON))."; \
	    echo "Install one, or name one that you have: make PYTHON=/path/to/python3"; \
	    echo "On Debian and Ubuntu the module venv comes with: apt install python3-venv"; \
	    exit 1; \
	  fi; \
	  echo "Making .venv with $$("$$found" --version)."; \
	  "$$found" -m venv --clear .venv; \
	fi
	@echo "Installing the packages of requirements.lock into .venv (the first time: about a minute, some 1.2 GB)."
	@rm -f .venv/installed
	@$(BIN)/python -m pip install -qq --no-input --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --no-input --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@pwd -P > .venv/installed
