# `make` alone lists the targets. Everything runs in .venv, which `make setup` builds; nothing outside this folder is touched.
PYTHON ?= python3
VENV := .venv
# once chosen, the small install stays: `make setup TORCH=default` changes it
TORCH ?= $(if $(wildcard $(VENV)/.ready-cpu),cpu,default)
BIN := $(VENV)/bin
READY := $(VENV)/.ready-$(TORCH)
export OMP_NUM_THREADS ?= $(THREADS)
THREADS ?= 2
SEEDS ?= 3
JOBS ?= 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all test-versions check lint types format bench docs results reproduce reproduce-table4 torture clean

help:  ## list the targets
	@grep -hE '^[a-zA-Z0-9_%-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## *' '{printf "  make %-22s %s\n", $$1, $$2}'

setup: $(READY)  ## build .venv with everything (TORCH=cpu: small install without CUDA and without torchaudio)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) and "Python 3.11 to 3.13 is needed, this is " + sys.version.split()[0] + ": make setup PYTHON=python3.11")'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }
	@echo "Installing into $(VENV) (a few minutes the first time) ..."
ifeq ($(TORCH),cpu)
	@grep -vE '^(torch|torchaudio|torch-audiomentations|triton|nvidia-.*|cuda-.*)==' constraints.txt > $(VENV)/constraints.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check -c $(VENV)/constraints.txt --retries 2 --timeout 15 --no-deps "torch==2.13.0+cpu" --extra-index-url https://download.pytorch.org/whl/cpu
	@$(BIN)/pip install --quiet --disable-pip-version-check -c $(VENV)/constraints.txt -e ".[dev,sim]"
else
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[all,dev]"
endif
	@rm -f $(VENV)/.ready-*; touch $@

demo: setup  ## render data, pre-train an encoder, evaluate it beside baselines, show the table and the report (4 minutes)
	@$(BIN)/sepcl demo

check: lint types  ## everything a change must pass before it is committed, but the tests

lint: setup
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup
	@$(BIN)/mypy

format: setup  ## lay the source out and mend what can be mended by machine
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

test: setup lint types  ## lint, types, doctests and the default tests (15 minutes at most)
	@OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 -m "not slow"

test-all: setup lint types  ## the same and the long tests
	@OMP_NUM_THREADS=1 $(BIN)/pytest -n 2

test-versions:  ## the lowest and the newest versions that pyproject.toml allows (needs uv, 13 GB of disk)
	@.ci/versions

results: reproduce-demo reproduce-esc50 reproduce-esc50-folds reproduce-digits  ## all pages of docs/results that a laptop can make (hours)

bench: setup  ## measure speed beside peers, on one thread, and write docs/results/benchmarks.md (20 minutes; ARGS=--quick: 3; ARGS=loading: one)
	@$(BIN)/python benchmarks/page.py $(ARGS)

docs: setup  ## build the documentation site: runs/site/html/index.html (2 minutes)
	@$(BIN)/python -c 'import furo, myst_parser, sphinx' 2>/dev/null || \
	  $(BIN)/pip install --quiet --disable-pip-version-check -c $(firstword $(wildcard $(VENV)/constraints.txt) constraints.txt) -e ".[docs]"
	@$(BIN)/python docs/site/build.py $(ARGS)

torture: setup  ## inject 130 faults (kills, full disks, damaged files ...) and write docs/results/torture.md (25 minutes; ARGS=...)
	@OMP_NUM_THREADS=1 $(BIN)/sepcl torture --page docs/results/torture.md $(ARGS)

reproduce: setup  ## list the papers' tables
	@$(BIN)/sepcl reproduce

reproduce-table4: reproduce-scenes-table4  ## Table 4 of the separated-scenes paper

reproduce-%: setup  ## run a paper's table, as in reproduce-scenes-table4 (SCALE=mini SEEDS=3 JOBS=2 DATA=/data ARGS=...)
	@$(BIN)/sepcl reproduce $* --jobs $(JOBS) $(if $(filter file,$(origin SEEDS)),,--seeds $(SEEDS)) $(if $(SCALE),--scale $(SCALE)) $(if $(DATA),--data $(DATA)) $(ARGS)

clean:  ## remove .venv, caches of tools and the runs' folder
	rm -rf $(VENV) runs .pytest_cache .mypy_cache .ruff_cache .hypothesis
