# Everything a newcomer types. Each target installs what it needs into .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
WORKERS ?= 2
SEED ?= 1
APT_GET ?= $(shell [ "$$(id -u)" = 0 ] && echo apt-get || echo sudo -n apt-get)

.PHONY: demo test evidence proof prove campaign emulators lint bench clean help

COVERING := tests/property/test_controller_*.py tests/property/test_link.py tests/conformance/test_link_vectors.py \
	tests/unit/test_safe_output.py tests/unit/test_firmware_app.py tests/unit/test_firmware_store.py tests/unit/test_drivers_*.py

help:            ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## */\t/'

demo: $(VENV)/installed   ## hold a cell at 5 MPa through a full cycle; table, log and figure in runs/demo
	$(BIN)/isostack run examples/die_13mm.toml --out runs/demo --force

test: $(VENV)/tools lint emulators  ## all tests
	$(BIN)/python -m pytest -n $(WORKERS) $(PYTEST_ARGS)

evidence: $(VENV)/tools   ## all that is claimed of the boards: ten times the tests, with a table at the end
	ISOSTACK_EVIDENCE=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal tests/conformance tests/hil tests/property/test_link_faults.py tests/unit/test_firmware_build.py tests/unit/test_firmware_flash.py tests/fuzz $(PYTEST_ARGS)

mutation: $(VENV)/tools   ## every small fault in controller, firmware, link, cycler and sensors; what no test notices is named; goes on where it stopped
	$(BIN)/python tests/mutation/mutation.py --jobs $(WORKERS)

coverage: $(VENV)/tools   ## lines and branches of the controller (all) and of the firmware's logic (95 %)
	@mkdir -p build
	$(BIN)/python -m coverage run --data-file=build/coverage -m pytest -q $(COVERING)
	$(BIN)/python -m coverage report --data-file=build/coverage --fail-under=100 --include='controller/*'
	$(BIN)/python -m coverage report --data-file=build/coverage --fail-under=95 --include='firmware/*'

fuzz: $(VENV)/tools       ## coverage-guided fuzzing of all that reads bytes from outside; needs CPython 3.11 to 3.13 on Linux
	$(PIP) install --constraint constraints.txt --editable '.[fuzz]'
	$(BIN)/python tests/fuzz/fuzz.py

campaign: $(VENV)/tools   ## the fault campaign of docs/campaign.md; what was begun goes on
	$(BIN)/isostack campaign examples/campaign.toml --out runs/campaign

proof: $(VENV)/tools      ## the controller's claims for all 31-bit inputs, states and records, by a solver; a table at the end
	PYTHONPATH=tests/property $(BIN)/python tests/proof/prove.py --workers $(WORKERS)

prove: proof              ## the proof, then a million examples on the filter, the closed loop under anything, ten thousand random runs
	ISOSTACK_DEEP=1 ISOSTACK_SEED=$(SEED) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --hypothesis-seed=$(SEED) tests/property/test_filter_deep.py tests/property/test_filter_pairwise.py tests/property/test_closed_loop_machine.py tests/property/test_plausible_runs.py $(PYTEST_ARGS)

bench: $(VENV)/tools      ## every way to step the same cell, in one run
	$(BIN)/python tests/benchmarks/bench.py

lint: $(VENV)/tools typings/installed  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file firmware/mypy.ini

clean:           ## remove what was installed and made
	rm -rf $(VENV) runs build *.egg-info

emulators:       # the emulated micro:bit comes from Debian; without root the tests say what is missing
	@command -v qemu-system-arm >/dev/null && [ -e /usr/share/firmware-microbit-micropython/firmware.hex ] \
	|| sh -c '$(APT_GET) update -qq && $(APT_GET) install -y -qq --no-install-recommends qemu-system-arm firmware-microbit-micropython' >/dev/null 2>&1 \
	|| echo 'the emulated micro:bit is missing: apt-get install qemu-system-arm firmware-microbit-micropython'

# --- set-up -----------------------------------------------------------------------------------------------------
$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "isostack needs Python 3.11 or newer, this is " + sys.version)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing isostack and what it needs into $(VENV), about a minute"
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

# What a board's MicroPython has, as stubs; nothing of CPython's.
typings/installed: | $(VENV)/bin/python
	$(PIP) install --target typings 'micropython-rp2-rpi_pico-stubs==1.29.*'
	@touch $@

$(VENV)/tools: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing isostack and its test tools into $(VENV), about a minute"
	$(PIP) install --constraint constraints.txt --editable '.[test]'
	@touch $@ $(VENV)/installed
