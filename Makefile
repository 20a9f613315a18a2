# Everything a developer or CI runs. `make test` is the whole check; `make help` lists the rest.
# Each environment is built once and reused until its requirements in pyproject.toml change, so that
# a warm checkout needs no network.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
# Tests start hundreds of processes: without byte code each would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= $(shell tools/find-python)
VENV ?= .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
# Two more than there are cores: many tests wait, for a time limit, a lock or a server.
WORKERS ?= $(shell "$(PYTHON)" -c "import os; print(min(8, (os.cpu_count() or 1) + 2))")
# What to run, e.g. make test TESTS=tests/cli
TESTS ?= tests

.PHONY: help env lint types layers tests fuzz model test-model test-openai test docs demo demo-fix demo-gate gate gate-measure gate-patches bench localise audit audit-full repair repair-sample clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 12

env:  ## create .venv and install tdad with what its checks need
	@test -n "$(PYTHON)" || { echo "tdad needs Python 3.11 or newer: make env PYTHON=/path/to/python" >&2; exit 2; }
	@"$(PYTHON)" tools/environment.py "$(VENV)" dev

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: env
	$(BIN)/mypy

layers: env
	$(BIN)/lint-imports

tests: env
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --durations 15 --durations-min 2 -m "not model" $(TESTS)

fuzz: env  ## read every file of the standard library's own test suite (make test reads a share)
	TDAD_FUZZ=all $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal tests/unit/source/test_fuzz.py

# The real model runs alone: it needs the cores that the workers of the other tests would take. Each of the two files
# has a server of its own, which uses one core.
MODEL_TESTS := $(BIN)/python -m pytest -n 2 --dist loadfile -m model --durations 5 tests/model

model: env
	"$(PYTHON)" tools/model_environment.py $(VENV)-model
	$(MODEL_TESTS)

test-model: env  ## talk to a real small model on a real server (127 MB of wheels, once)
	"$(PYTHON)" tools/model_environment.py $(VENV)-model --required
	$(MODEL_TESTS)

test-openai: env  ## run the client's tests with the oldest and with older versions of openai
	@for version in 1.60.0 2.0.0 2.54.0; do \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --target $(VENV)/openai-$$version openai==$$version && \
	  echo "openai $$version" && \
	  PYTHONPATH=$(VENV)/openai-$$version $(BIN)/python -m pytest -q -n $(WORKERS) tests/client || exit 1; \
	done

test: lint types layers tests model  ## run every check: lint, types, import layers, tests

docs:  ## build the documentation into docs/_build/html; a warning is an error
	@test -n "$(PYTHON)" || { echo "tdad needs Python 3.11 or newer: make docs PYTHON=/path/to/python" >&2; exit 2; }
	@"$(PYTHON)" tools/environment.py "$(VENV)-docs" docs
	$(VENV)-docs/$(notdir $(BIN))/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

demo: env  ## the main job on two real projects, from the package index
	$(BIN)/python tools/demo.py

demo-gate: env  ## a gate on click: a slip, a flaky test, a weakened test
	$(BIN)/python tools/demo_gate.py

gate: env  ## what the gate says about the last commit of this repository: a report
	@$(BIN)/python tools/gate_self.py

gate-measure: env  ## the gate's verdicts against the whole suite's: hours, resumable
	$(BIN)/python tools/gate_measure.py

gate-patches: env  ## the gate on 60 patches that coding agents wrote for Django and sympy: hours, resumable
	$(BIN)/python tools/gate_patches.py

demo-fix: env  ## break click and repair it, without a model and by one over HTTP
	$(BIN)/python tools/demo_fix.py

bench: env  ## time recording, indexing and asking against their alternatives
	$(BIN)/python tools/bench.py

audit: env  ## ten minutes of audit-full: a sample, printed
	$(BIN)/python tools/accuracy.py --sample

audit-full: env  ## seed faults in real projects, compare with the alternatives: hours, resumable
	$(BIN)/python tools/accuracy.py

repair-sample: env  ## repair three bugs of each of three real projects, printed
	$(BIN)/python tools/repair.py --sample

repair: env  ## every figure of docs/explanation/repair.md: hours, resumable
	$(BIN)/python tools/repair.py
	$(BIN)/python tools/repair_model.py --bugs 22 --oracle A,B,C,D,E,F
	$(BIN)/python tools/localise.py --write
	$(BIN)/python tools/localise_fit.py --write

localise: env  ## is the code to change found, and shown to a model? an hour or two, resumable
	$(BIN)/python tools/localise.py --write
	$(BIN)/python tools/localise_fit.py --write

clean:  ## remove what the other targets made
	rm -rf $(VENV) $(VENV)-docs $(VENV)-model .demo .bench docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
