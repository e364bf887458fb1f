# SPDX-License-Identifier: BSD-3-Clause
# make demo    set up, then watch a distributed analysis fill its histograms
# make lab     set up, then the tutorial in JupyterLab, with the live panel
# make test    set up, then every test        make lint   ruff, mypy and biome
# make -j2 --output-sync=target test          two layers at a time: half of them wait most of their time
# make setup   .venv with everything, ROOT included, and the notebook extension; seconds when nothing changed
# make cpp     C++ library and tests          make cpp-sanitize   the same with address and undefined-behaviour checks
# make cpp-install   the library into rdf_live/lib of this checkout
# make clean   remove what was built (make distclean: .venv too)
#
# ENV=active uses the environment that is active (conda, container) instead of .venv, and installs nothing into it but
# links to the notebook extension of this checkout.

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
RUN_STAMP := $(VENV)/.run-done
STAMP := $(VENV)/.setup-done
ifeq ($(ENV),active)
BIN :=
else
BIN := $(VENV)/bin/
endif
# The first Python that is new enough; PYTHON=... on the command line names another.
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11 python,\
  $(shell $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))
PYTEST = $(BIN)python -m pytest $(PYTEST_ARGS)

.PHONY: help
help:
	@sed -n '2,/^$$/s/^# \{0,1\}//p' Makefile

# setup-run: what the demo needs. setup-python: the tools of tests and notebooks too.
.PHONY: setup setup-run setup-python
setup: setup-python labextension
ifeq ($(ENV),active)
setup-run setup-python:
	@python -c 'import rdf_live' || { echo "ENV=active: rdf_live is not installed in $$(command -v python);" \
	  "try: pip install --no-deps -e ."; exit 1; }
else
# A .venv that was moved, or whose Python was upgraded away, is made again although its stamps are new.
setup-run setup-python: setup-%:
	@$(VENV)/bin/python -c '' 2>/dev/null || rm -f $(RUN_STAMP) $(STAMP)
	@$(MAKE) -s $(if $(filter run,$*),$(RUN_STAMP),$(STAMP))

PIP_INSTALL = $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check

$(RUN_STAMP): pyproject.toml Makefile
	@$(VENV)/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  test -n "$(PYTHON)" || { echo "got no Python >= 3.11, expected one as python3 on PATH;" \
	    "or name it: make setup PYTHON=/path/to/python3"; exit 1; }; \
	  echo "setup: $(VENV) with $$($(PYTHON) --version)"; \
	  $(PYTHON) -m venv --clear $(VENV) || { echo "got no $(VENV) from $(PYTHON) -m venv;" \
	    "on Debian and Ubuntu: apt install python3-venv"; exit 1; }; }
	@echo "setup: rdf_live and ROOT from PyPI (250 MB); a few minutes the first time"
	@$(PIP_INSTALL) -e '.[root]'
	@touch $@

$(STAMP): $(RUN_STAMP)
	@echo "setup: Jupyter and the test tools (250 MB)"
	@$(PIP_INSTALL) -e '.[root,test]'
	@touch $@
	@echo "setup: done"
endif

.PHONY: demo
demo: setup-run
	@$(BIN)rdf-live demo

.PHONY: lab
lab: setup
	@$(BIN)jupyter lab tutorials/dimuon_live.ipynb

# The notebook extension. node and npm come with the test tools. Not `npm ci`: it refuses a lock file that does not name
# the tools of every platform, of which a registry may have only some. --no-save leaves the lock file as it is.
LABEXTENSION := labextension
NPM = PATH="$(if $(BIN),$(CURDIR)/$(BIN):)$$PATH" npm --prefix $(LABEXTENSION) --loglevel=error
LABEXTENSION_MADE := $(addprefix $(LABEXTENSION)/,node_modules lib build)
LABEXTENSION_SOURCES := $(shell find $(LABEXTENSION) -type f $(LABEXTENSION_MADE:%=-not -path '%/*'))
NODE_MODULES := $(LABEXTENSION)/node_modules/.package-lock.json
BUNDLE := $(LABEXTENSION)/build/package.json

.PHONY: labextension
labextension: setup-python
	@$(MAKE) -s $(BUNDLE)
	@prefix=$$($(BIN)python -c 'import sys; print(sys.prefix)'); \
	  page=$$prefix/share/jupyter/labextensions/rdf-live; \
	  server=$$prefix/etc/jupyter/jupyter_server_config.d/rdf_live.json; \
	  kernels=$$prefix/share/jupyter/kernels; \
	  mkdir -p "$${page%/*}" "$${server%/*}" "$$kernels" && ln -sfn "$(CURDIR)/$(LABEXTENSION)/build" "$$page" && \
	  ln -sfn "$(CURDIR)/$(LABEXTENSION)/etc/rdf_live.json" "$$server" && \
	  ln -sfn "$(CURDIR)/$(LABEXTENSION)/etc/kernels/rdf-live-lasting" "$$kernels/rdf-live-lasting"

$(NODE_MODULES): $(LABEXTENSION)/package.json $(LABEXTENSION)/package-lock.json
	@echo "setup: node modules of the notebook extension"
	@said=$$($(NPM) install --no-save 2>&1) || { echo "$$said"; exit 1; }
	@touch $@

$(BUNDLE): $(NODE_MODULES) $(LABEXTENSION_SOURCES)
	@echo "setup: the notebook extension"
	@said=$$($(NPM) run build 2>&1) || { echo "$$said"; exit 1; }
	@touch $@

.PHONY: test test-unit test-dask test-jupyter test-root test-js test-browser test-condor
test: test-unit test-dask test-js cpp test-root test-condor test-jupyter test-browser
test-unit test-dask test-jupyter test-root test-browser test-condor: test-%: setup
	@echo "== tests: $*"
	@$(PYTEST) tests/$*

test-js: setup
	@echo "== tests: TypeScript"
	@$(NPM) test

.PHONY: lint
lint: setup
	@$(BIN)ruff check .
	@$(BIN)ruff format --check .
	@$(BIN)mypy
	@$(NPM) run lint

# One line per step; what CMake and the compiler said is shown when they fail.
CPP_BUILD := build/cpp
.PHONY: cpp cpp-install cpp-sanitize
cpp: setup-python
	@echo "== C++: $(CPP_BUILD)"
	@mkdir -p $(CPP_BUILD)
	@$(BIN)cmake -S . -B $(CPP_BUILD) -G Ninja $(if $(BIN),-DCMAKE_MAKE_PROGRAM=$(CURDIR)/$(BIN)ninja) \
	  -DPython_EXECUTABLE=$$($(BIN)python -c 'import sys; print(sys.executable)') $(CPP_OPTIONS) \
	  > $(CPP_BUILD)/configure.log 2>&1 || { cat $(CPP_BUILD)/configure.log; exit 1; }
	@$(BIN)cmake --build $(CPP_BUILD) > $(CPP_BUILD)/build.log 2>&1 || { cat $(CPP_BUILD)/build.log; exit 1; }
	@$(BIN)ctest --test-dir $(CPP_BUILD) --no-tests=error --output-on-failure

cpp-install: cpp
	@$(BIN)cmake --install $(CPP_BUILD) --prefix . --component rdf_live

cpp-sanitize:
	@$(MAKE) cpp CPP_BUILD=build/cpp-sanitize \
	  CPP_OPTIONS="-DCMAKE_BUILD_TYPE=Debug '-DRDF_LIVE_SANITIZE=address;undefined'"

.PHONY: clean distclean
clean:
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis $(LABEXTENSION_MADE)
	@find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +
distclean: clean
	@rm -rf $(VENV)
