# Everything a newcomer types. Each target installs what it needs into .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
WORKERS ?= 2

.PHONY: demo test evidence lint bench clean help

help:            ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## */\t/'

demo: $(VENV)/installed   ## hold a cell at 5 MPa through a full cycle; table, log and figure in runs/demo
	$(BIN)/isostack run examples/die_13mm.toml --out runs/demo --force

test: $(VENV)/tools lint  ## all tests
	$(BIN)/python -m pytest -n $(WORKERS) $(PYTEST_ARGS)

evidence: $(VENV)/tools   ## all that is claimed of the boards: ten times the tests, with a table at the end
	ISOSTACK_EVIDENCE=1 $(BIN)/python -m pytest -n $(WORKERS) tests/conformance tests/hil tests/property/test_link_faults.py $(PYTEST_ARGS)

bench: $(VENV)/tools      ## every way to step the same cell, in one run
	$(BIN)/python tests/benchmarks/bench.py

lint: $(VENV)/tools       ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:           ## remove what was installed and made
	rm -rf $(VENV) runs build *.egg-info

# --- set-up -----------------------------------------------------------------------------------------------------
$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "isostack needs Python 3.11 or newer, this is " + sys.version)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing isostack and what it needs into $(VENV), about a minute"
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/tools: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing isostack and its test tools into $(VENV), about a minute"
	$(PIP) install --constraint constraints.txt --editable '.[test]'
	@touch $@ $(VENV)/installed
