# Letterkey's commands; `make help` lists them.

PYTHON ?= python3
# Test processes at a time: more than two cores, for many tests wait (for a minute to pass, a browser, a commit).
JOBS ?= 5
# Extra arguments for pytest: make test ARGS="tests/core -k money"
ARGS ?=
# make lock UPGRADE=1 takes newer releases; without it the lock only follows pyproject.toml.
UPGRADE ?=

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.complete
PYTEST := $(BIN)/pytest -n $(JOBS) --dist worksteal

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test test-all fuzz coverage check bench format words screenshots lock clean packages

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(STAMP) ## start the demo: the worker, a mailbox to look at, and sample sales
	@$(BIN)/letterkey demo

test: packages $(STAMP) ## run the tests (installs the system packages they need, as root on Debian and Ubuntu)
	@$(PYTEST) -m "not long" $(ARGS)

test-all: packages $(STAMP) ## run all tests, also those that take minutes each
	@$(PYTEST) -o faulthandler_timeout=3600 $(ARGS)

fuzz: $(STAMP) ## look for bytes that break what reads strangers' mail, a minute each; ARGS="reader --seconds 600"
	@PYTHONPATH=.:tests $(BIN)/python tests/fuzz/run.py $(ARGS)

coverage: packages $(STAMP) ## run the tests and show what they don't reach
	@$(PYTEST) -m "not long" --cov --cov-report=term $(ARGS)

check: $(STAMP) ## check format, lint, types and import rules, then run the tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(MAKE) --no-print-directory test

bench: packages $(STAMP) ## measure: receipts, API, webhooks and mail in beside their floors
	@$(BIN)/python -m bench $(ARGS)

format: $(STAMP) ## format the code and mend what lint can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

words: $(STAMP) ## collect what people read into data/locale/letterkey.pot, for translators
	@$(BIN)/pybabel -q extract -F data/locale/babel.cfg --no-location --sort-output --omit-header \
		-o data/locale/letterkey.pot .

screenshots: packages $(STAMP) ## photograph every mail and page into screenshots/ (phone and desktop, light and dark)
	@PYTHONPATH=.:tests $(BIN)/python tests/browser/photograph.py $(ARGS)

lock: $(STAMP) ## write both requirements.lock anew from pyproject.toml (UPGRADE=1 takes newer releases)
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade) \
		--output-file requirements.lock pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra postgres --extra imap --extra dkim \
		--extra mailauth --extra paypal --extra ses --extra speed --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --constraint requirements.lock \
		--output-file deploy/docker/requirements.lock pyproject.toml
	@if grep -n '://' requirements.lock deploy/docker/requirements.lock; then echo "requirements.lock must name no address" >&2; exit 1; fi

clean: ## remove the virtual environment, caches and builds; data/state/ stays
	rm -rf $(VENV) .packages build dist htmlcov .coverage .coverage.* .*_cache .hypothesis
	find worker tests -name __pycache__ -type d -prune -exec rm -rf {} +

packages:
	@tests/install-packages

# The virtual environment, exactly as the lock says. pip brings the locked uv, uv brings the rest; bytecode is compiled
# now, so that the first start is as fast as the second.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
		"Letterkey needs Python 3.11 or newer; '$(PYTHON)' is not. Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo \
		"'$(PYTHON)' can't make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV) (a minute at most, once)"
	@$(PYTHON) -m venv $(VENV)
	@awk '/^uv==/ {found = 1} found {print} found && !/\\$$/ {exit}' requirements.lock > $(VENV)/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(VENV)/uv.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q worker
	@touch $@
