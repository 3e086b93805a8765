# make setup | demo | test | test-long | bench | lint -- each creates the .venv it needs. Only Python 3.11+ and make are required.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Byte code makes `import monai` three times faster; keep it in one place even where the environment forbids writing it.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.cache/pycache
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# A process that has run OpenVINO crashed now and then when it started a child; other tests start many.
EXPORTS := tests/inference/backends $(wildcard tests/release/test_*.py) tests/release/convert
# Nodes, each with workers of its own, and their peers: beside the other tests they would wait for each other.
NODES := tests/node/promises

.PHONY: help setup demo test test-long bench lint clean

help:
	@echo "make setup  create $(VENV) and install Lucency with its developer tools"
	@echo "make demo   phantom radiographs -> train -> evaluate -> infer -> runs/demo/report.html (5 to 8 minutes on 2 free cores)"
	@echo "make test   all tests"
	@echo "make test-long  the node's promises at length: a hundred kills, hundreds of broken objects; training on two nodes"
	@echo "make bench  every benchmark, each figure beside its target; BENCH_PYTHON names an interpreter that has the peers, too"
	@echo "make lint   ruff and mypy"
	@echo "make clean  remove what the above made, but not runs/"

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	@echo "== setup: creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Lucency needs Python 3.11 or later: make PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv $(VENV)
	@echo "== setup: installing packages as pinned in constraints.txt (a few minutes the first time)"
	@$(BIN)/pip install --quiet --constraint constraints.txt torch
	@$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@
	@echo "== setup: done"

demo: setup
	@$(BIN)/python scripts/demo.py

test: setup
	@echo "== test: pytest on two workers"
	@OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadscope $(addprefix --ignore=,$(EXPORTS) $(NODES))
	@echo "== test: what the node promises"
	@OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadscope $(NODES)
	@echo "== test: exported networks, in a process of their own"
	@OMP_NUM_THREADS=1 $(BIN)/pytest $(EXPORTS)

test-long: setup
	@LUCENCY_LONG=1 OMP_NUM_THREADS=1 $(BIN)/pytest -s --timeout 7200 $(NODES) tests/bundles/test_two_nodes.py

BENCH_PYTHON ?= $(BIN)/python
bench: setup
	@mkdir -p runs
	@$(BENCH_PYTHON) scripts/benchmarks/bench.py --json runs/bench.json $(BENCH_ARGS)

lint: setup
	@echo "== lint: ruff"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "== lint: mypy"
	@$(BIN)/mypy
	@echo "== lint: rooms"
	@$(BIN)/lint-imports

clean:
	rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist custom/*.egg-info
