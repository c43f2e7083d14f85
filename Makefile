# Everything runs from .venv, which `make demo` and `make test` make on a machine with Python 3.12.
.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS := never
export UV_COMPILE_BYTECODE := 1
# Where it is set, each of the many processes compiles everything anew.
export PYTHONDONTWRITEBYTECODE :=
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python
PYTEST := EYEBALL_REQUIRE_PLATFORM=1 $(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder
TORCH_VERSION := $(shell sed -n 's/^torch==\([0-9.]*\).*/\1/p' requirements-torch.lock)

.PHONY: help demo install test breadth bench format lock messages clean

help: ## What can be made
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile

demo: .venv/ready ## Try it out: the tool, a worker and a demo LMS on this machine (FLAVOUR=moodle or canvas)
	@exec $(BIN)/eyeball demo $(if $(FLAVOUR),--flavour $(FLAVOUR))

install: .venv/ready ## Make .venv with the tool and the reader

test: .venv/ready-dev .venv-platform/ready .venv-next/ready ## Format, lint, types, import contracts, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(PYTEST) -m "not breadth"
	.venv-next/bin/python -m pytest tests/unit/lti --confcutdir tests/unit/lti -q --numprocesses 2

breadth: .venv/ready-dev ## The slower tests: more formats, themes, walks and failures
	$(PYTEST) -m breadth

bench: .venv/ready-dev .venv-reference/ready ## Measure memory and seconds; writes tests/bench/results/
	$(BIN)/python -m tests.bench

format: .venv/ready-dev ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/uv ## Write the lock files anew from pyproject.toml
	@./.ci/lock

messages: .venv/ready-dev ## Bring the translations' catalogues up to date
	@./.ci/messages

clean: ## Remove the environment; the demo's data in .eyeball/ stays
	rm -rf .venv .venv-platform .venv-next .venv-reference

.venv/uv:
	@python=$$(./.ci/python) || exit 1; \
	echo "Making .venv with $$python …"; \
	"$$python" -m venv .venv && $(BIN)/python -m pip install --quiet --disable-pip-version-check uv && touch $@

.venv/ready: .venv/uv requirements-reader.lock requirements-torch.lock pyproject.toml
	@echo "Installing what the tool and the reader need …"
	@$(INSTALL) -r requirements-reader.lock
	@$(MAKE) --no-print-directory torch
	@$(INSTALL) --no-deps --editable .
	@touch $@

.venv/ready-dev: .venv/ready requirements-dev.lock
	@echo "Installing what the checks need …"
	@$(INSTALL) -r requirements-dev.lock
	@touch $@

# Environments that only tests use: another vendor's platform, and the other LTI library.
.venv-%/ready: requirements-%.lock .venv/uv
	@echo "Installing what the tests with $* need …"
	@rm -rf .venv-$* && $(BIN)/python -m venv --without-pip .venv-$*
	@$(BIN)/uv pip install --quiet --python .venv-$*/bin/python -r requirements-$*.lock
	@touch $@

# The CPU build is a tenth of the size. It lies in an index of its own, which not every network
# reaches; the ordinary index has the CUDA build, with everything it needs, locked by hash.
.PHONY: torch
torch:
	@if $(BIN)/python -c 'import importlib.metadata as m, sys; sys.exit(m.version("torch").split("+")[0] != "$(TORCH_VERSION)")' 2>/dev/null; then exit 0; fi; \
	echo "Installing torch $(TORCH_VERSION): trying the CPU build (200 MB) …"; \
	UV_HTTP_TIMEOUT=15 UV_HTTP_RETRIES=0 $(INSTALL) --torch-backend cpu torch==$(TORCH_VERSION) 2>/dev/null && exit 0; \
	echo "  not reachable from here; installing the ordinary build (3 GB to download, 5.6 GB on disk, one to several minutes) …"; \
	$(INSTALL) -r requirements-torch.lock
