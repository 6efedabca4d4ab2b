# Everything that is done with this project, by name. `make` alone lists it.
# Needs make, a python3 of 3.11 or later with venv and pip, and a package index.

PYTHON ?= python3
VENV   := .venv
PIP    := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check

# Stamps inside the environment say what is set up; each is the last thing its rule writes.
RUN := $(VENV)/run.stamp
DEV := $(VENV)/dev.stamp

.DEFAULT_GOAL := help
.NOTPARALLEL: # two set-ups at a time would spoil the environment
.PHONY: help report lab groundtruth matrix reference bench test room shots pictures lint chromium qemu lock clean

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

report: $(RUN) ## write report.html: a real guest's memory on Linux 6.1 and 6.12
	@$(VENV)/bin/mglru-lab report

# JupyterLab saves what it opened: in build/lab, which git does not see, it leaves the clone clean.
lab: $(RUN) ## open copies of the notebooks (build/lab) in JupyterLab
	@$(VENV)/bin/mglru-lab lab build/lab

groundtruth: $(RUN) ## compare the model with the recorded kernels; remake the table of it
	@$(VENV)/bin/mglru-lab groundtruth --write docs/reference/support-matrix.md

reference: $(DEV) ## remake the tables in docs/reference/ that come from the code
	@$(VENV)/bin/python docs/make_reference.py

matrix: $(RUN) ## check every listed kernel and rewrite the support matrix (an hour or more, QEMU)
	@$(VENV)/bin/mglru-lab kernel matrix --write docs/reference/support-matrix.md

bench: $(DEV) ## measure the speed; write benchmarks/ (minutes, on an idle machine)
	@$(VENV)/bin/mglru-lab bench

test: $(DEV) ## run all checks and tests; leave pictures of what people see in build/shots
	@echo "Compiling the model meanwhile ..."; $(COMPILE) & compiling=$$!; \
		$(MAKE) --no-print-directory lint chromium qemu || { kill $$compiling; exit 1; }; \
		wait $$compiling
	@$(SHOTS) $(TESTS)

room: $(DEV) ## run the fast tests of one room: make room ROOM=kernel, ROOM=lab/price ...
	@test -d "tests/$(ROOM)" -a -n "$(ROOM)" || { echo "make room ROOM=...: allowed are" $(ROOMS); exit 2; }
	@$(VENV)/bin/python -m pytest -q -m "not slow and not browser" "tests/$(ROOM)"

shots: $(DEV) chromium ## take pictures of every notebook and report, in build/shots/index.html
	@$(SHOTS) $(TESTS) tests/test_reports.py tests/journeys

lint: $(DEV) ## run the checks that run nothing: ruff and mypy
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/mypy

pictures: $(DEV) chromium ## remake the pictures of README and docs
	@$(VENV)/bin/python docs/make_pictures.py

lock: $(DEV) ## remake the lock files from pyproject.toml
	@$(LOCK) --extra lab --group build --upgrade --output-file requirements.lock
	@$(LOCK) --extra lab --group build --group dev --constraint requirements.lock --upgrade --output-file requirements-dev.lock
	@$(subst pyproject.toml ,,$(LOCK)) --group bounds --no-deps --upgrade --output-file requirements-bounds.lock
	@$(subst pyproject.toml ,,$(LOCK)) --group fuzz --no-deps --upgrade --output-file requirements-fuzz.lock

clean: ## remove the environment, the caches and the reports
	rm -rf $(VENV) build dist report.html .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Workers share the cores; a file's tests stay together, long ones first (tests/conftest.py). The model
# is compiled once, before they start: each of them would compile it by itself.
ROOMS   := $(sort $(patsubst tests/%/,%,$(filter-out %__pycache__/,$(wildcard tests/*/ tests/*/*/))))
TESTS   := $(VENV)/bin/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadscope \
	--no-loadscope-reorder
SHOTS   := MGLRU_LAB_SCREENSHOTS=build/shots
COMPILE := $(VENV)/bin/python -c "from mglru_lab.bench.startup import RUN; exec(RUN)"

LOCK := $(VENV)/bin/uv pip compile --quiet pyproject.toml --universal --python-version 3.11 \
	--generate-hashes --custom-compile-command "make lock"

# An environment is made again unless a stamp says that it is complete. The stamps go before
# anything in it changes, so an interrupted set-up leaves none.
define set_up
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("mglru_lab needs \
	Python 3.11 or later; $(PYTHON) is %d.%d. Name another one: make PYTHON=python3.12" % v[:2])'
	@test -e $(RUN) || { echo "Making $(VENV) ..."; $(PYTHON) -m venv --clear $(VENV); }
	@rm -f $(RUN) $(DEV)
	@echo "Installing the packages of $(1) into $(VENV); the first time takes about a minute ..."
	@$(PIP) --no-deps --require-hashes -r $(1)
	@$(PIP) --no-deps --no-build-isolation -e .
endef

$(RUN): requirements.lock pyproject.toml
	$(call set_up,requirements.lock)
	@touch $@

$(DEV): requirements-dev.lock requirements.lock requirements-bounds.lock requirements-fuzz.lock pyproject.toml
	$(call set_up,requirements-dev.lock)
	@$(PIP) --no-deps --only-binary :all: --require-hashes -r requirements-bounds.lock || \
		echo "libCacheSim has no wheel for this machine: tests against it will be skipped."
	@$(PIP) --no-deps --only-binary :all: --require-hashes -r requirements-fuzz.lock || \
		echo "atheris has no wheel for this machine: its test will be skipped."
	@touch $(RUN) $@

# What `mglru-lab record` needs (it fetches the kernel itself), and both ways of `trace record`.
RECORDER := qemu-system-x86 gcc libc6-dev qemu-user valgrind
RECORDS  := qemu-system-x86_64 qemu-$$(uname -m) valgrind

qemu:
	@missing=; for tool in $(RECORDS); do \
		command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	if [ -z "$$missing" ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing$$missing for the recorder's tests ..."; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
			--no-install-recommends $(RECORDER); } \
			>/dev/null || echo "apt-get could not install$$missing: tests that record will be skipped."; \
	else \
		echo "Not installed, and only root can do so with apt-get:$$missing. Tests that record will be skipped."; \
	fi

chromium:
	@if command -v chromium >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing chromium for the browser tests ..."; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } \
			>/dev/null || echo "apt-get could not install chromium: browser tests will be skipped."; \
	else \
		echo "No chromium is installed, and only root can install it with apt-get: browser tests will be skipped."; \
	fi
