# Everything a contributor types. Needs Python 3.11 or newer and make; the rest lands in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SAMPLES := docs/samples

.PHONY: help demo test fuzz check format bench lock docs clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "kubeguard needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/runtime: $(VENV)/created constraints.txt pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/development: $(VENV)/runtime constraints-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r constraints-dev.txt
	@touch $@

demo: $(VENV)/runtime  ## install kubeguard into .venv and scan the samples
	@echo '$$ kubeguard scan $(SAMPLES)'
	@cd $(SAMPLES) && $(CURDIR)/$(BIN)/kubeguard scan . ; status=$$?; \
	  echo "exit code $$status (1: findings, 3: something could not be read)"; test $$status -eq 3

test: $(VENV)/development  ## run every test; what cannot run here is skipped by name
	$(BIN)/pytest -rs -n auto

fuzz: $(VENV)/development  ## search with new examples what `make test` tries with the same ones
	for round in 1 2 3 4 5 6 7 8 9 10; do \
	  $(BIN)/pytest -n auto -m hypothesis --hypothesis-profile=search || exit 1; \
	done

check: $(VENV)/development  ## format, lint, types, import contracts, docs, kubeguard on itself
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.docs --check
	$(BIN)/kubeguard scan --quiet $(SAMPLES) >/dev/null; test $$? -eq 3

format: $(VENV)/development  ## format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/development  ## write the generated pages anew
	$(BIN)/python -m scripts.docs

bench: $(VENV)/development  ## measure, next to any rival on PATH
	$(BIN)/python -m benchmarks

lock: $(VENV)/development  ## pin the dependencies anew
	$(BIN)/python -m scripts.lock

clean:  ## remove what make made
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
