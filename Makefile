# Two commands do everything from a fresh clone: `make demo` and `make test`.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check soak bench recall lock clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
# uv is faster where it happens to be on PATH; plain pip reads the same lock file.
UV := $(shell command -v uv 2>/dev/null)
ifdef UV
# Bytecode is made now, as pip does it: otherwise the first start of everything compiles it.
INSTALL = uv pip install --quiet --compile-bytecode --python $(BIN)/python
INSTALL_PEERS = uv pip install --quiet --compile-bytecode --python $(PEERS)/bin/python
else
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
INSTALL_PEERS = $(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check
endif
# A worker for each core, which takes over what another has not begun; more than eight only wait for the longest test.
PYTEST := $(BIN)/python -m pytest -q --numprocesses=logical --maxprocesses=8 --dist=worksteal
# Tests start this program a thousand times: it is compiled once, whatever the shell says.
unexport PYTHONDONTWRITEBYTECODE
NATIVE := $(wildcard native/*) CMakeLists.txt pyproject.toml

help:  ## list these commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(VENV)/locked: requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --require-hashes -r requirements.lock
	touch $@

$(VENV)/built: $(VENV)/locked $(NATIVE)
	PATH="$(abspath $(BIN)):$$PATH" $(INSTALL) --no-deps --no-build-isolation --editable .
	touch $@

setup: $(VENV)/built  ## make .venv with every extra, and build the kernel into the source tree

demo: setup  ## a guided run on benign photographs
	$(BIN)/unseen demo

test: setup  ## every test, with seeded samples where the whole would take long
	$(PYTEST)

soak: setup  ## every test without exception; long
	$(PYTEST) -m "soak or not soak"

$(PEERS)/locked: benchmarks/peers.lock
	$(PYTHON) -m venv $(PEERS)
	$(INSTALL_PEERS) --require-hashes -r benchmarks/peers.lock
	@$(INSTALL_PEERS) --require-hashes -r benchmarks/peers-video.lock \
	  || echo "vpdq is not measured: building it needs CMake and the headers of FFmpeg (libavformat-dev, libswscale-dev)"
	touch $@

bench: setup $(PEERS)/locked  ## speed and memory beside the peers; `make bench ROWS=pdq,search` for single rows
	$(BIN)/python -m benchmarks $(if $(ROWS),--rows $(ROWS))

recall: ROWS = altered-recall,altered-calibration
recall: bench  ## what is found of altered copies, and what falsely, of photographs that UNSEEN_PHOTOS names

check: setup  ## format, lint, types, floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock:  ## resolve all lock files anew for Python 3.11 to 3.14 (needs uv)
	uv pip compile benchmarks/peers.in --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --custom-compile-command "make lock" --upgrade --quiet -o benchmarks/peers.lock
	uv pip compile benchmarks/peers-video.in --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --custom-compile-command "make lock" --upgrade --quiet -o benchmarks/peers-video.lock
	uv pip compile pyproject.toml --all-extras --group build --group check --group test --universal \
	  --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" --upgrade --quiet -o requirements.lock

clean:  ## remove what setup made
	rm -rf $(VENV) $(PEERS) build src/unseen/kernel/_native*.so
