# GasFlux. A machine with Python >= 3.11 and make needs nothing else; Windows users find the same lines in README.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNS := $(VENV)/.runs
READY := $(VENV)/.ready

# Tests and benchmarks run one process per core; each must not start threads of its own.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

# Optional programs: what cannot be had is said, and the tests that need it are skipped.
apt = if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) > /dev/null \
	|| echo "not to be had: $(1)"; fi;

.DEFAULT_GOAL := help
.PHONY: help install demo test test-page test-slow test-exe test-dask test-fuzz test-proxy test-chaos browser proxies cluster-tools screenshots check format bench soak settings sample pictures lock lock-check audit licences wheel clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

install: $(READY) ## set up .venv with the tested versions

# What running needs comes first and alone: the demonstration waits for no test tools, which take as much room again.
$(RUNS): pyproject.toml requirements.txt constraints.txt requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "GasFlux needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; choose another by: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m tools.install --runtime --uncompiled
	@touch $(RUNS)

$(READY): $(RUNS) requirements-dev.lock
	$(BIN)/python -m tools.install
	@touch $(READY)

demo: $(RUNS) ## start the server, post the bundled flight, print its emission rate and where the report is
	$(BIN)/python -m tools.demo

test: $(READY) ## run the tests; those that need minutes, a browser or a cluster have targets of their own below
	$(ONE_THREAD) $(BIN)/python -m pytest --numprocesses auto --dist worksteal --ignore tests/page

# Each of them starts a server and a browser; more than two at a time measure the machine.
test-page: $(READY) ## run the tests of the page in a browser; they are skipped where there is none
	$(ONE_THREAD) $(BIN)/python -m pytest --numprocesses 2 tests/page

browser: ## install the browser that test-page needs, on Debian and as root; elsewhere say what to do
	@command -v chromium chromium-browser google-chrome > /dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk > /dev/null; \
	else echo "Install chromium with your system's packages, or set GASFLUX_BROWSER to a browser you have."; fi

screenshots: $(READY) ## make the pictures of the page in docs/pictures anew
	$(ONE_THREAD) $(BIN)/python -m tools.screenshots

test-slow: $(READY) ## run the tests that take minutes: the server killed at random moments, what users install, every documented command
	$(ONE_THREAD) $(BIN)/python -m pytest -m slow --numprocesses 2 tests

test-exe: $(READY) ## build the executables and run a flight through them
	$(ONE_THREAD) $(BIN)/python -m pytest -m exe tests

test-dask: $(READY) ## run tasks on a dask cluster of this machine
	$(ONE_THREAD) $(BIN)/python -m pytest -m dask tests

cluster-tools: ## install the SSH server and Slurm that test-dask runs too, on Debian and as root; elsewhere say what to do
	@PATH="$$PATH:/usr/sbin"; command -v sshd > /dev/null && command -v slurmctld > /dev/null && exit 0; \
	$(call apt,openssh-client openssh-server) $(call apt,munge slurm-client slurmctld slurmd) \
	echo "Without sshd, or without munge and Slurm, the tests that need them are skipped."

test-proxy: $(READY) ## the documented nginx and Caddy before the real server; skipped where they are missing
	$(ONE_THREAD) $(BIN)/python -m pytest -m proxy tests

test-chaos: $(READY) ## random faults under traffic, one of each kind; GASFLUX_CHAOS_FAULTS=100 for many, GASFLUX_CHAOS_SEED=... for the same again
	$(ONE_THREAD) $(BIN)/python -m pytest -m chaos --capture=no tests

proxies: ## install what test-proxy needs, on Debian and as root; elsewhere say what to do
	@PATH="$$PATH:/usr/sbin"; command -v nginx > /dev/null && command -v caddy > /dev/null && command -v openssl > /dev/null && exit 0; \
	$(call apt,openssl) $(call apt,nginx-light) $(call apt,caddy) \
	echo "Without nginx, Caddy or OpenSSL the tests that need them are skipped."

test-fuzz: $(READY) ## many requests made from the API's own description; "make test" makes some
	GASFLUX_FUZZ_EXAMPLES=200 $(ONE_THREAD) $(BIN)/python -m pytest tests/service/test_fuzz.py

check: $(READY) ## lint, format and types, as on Windows too; the layout of the page's JavaScript
	$(BIN)/python -m tools.check_js
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -m mypy --platform win32 --cache-dir .mypy_cache/win32 src tools

format: $(READY) ## put the code into its format
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

bench: $(READY) ## measure accuracy and speed (GASFLUX_PEER_PYTHON=... adds the peer); takes a while
	$(ONE_THREAD) $(BIN)/python benchmarks/accuracy.py
	$(ONE_THREAD) $(BIN)/python benchmarks/speed.py
	$(ONE_THREAD) $(BIN)/python benchmarks/service.py
	$(ONE_THREAD) $(BIN)/python benchmarks/strangers.py
	$(ONE_THREAD) $(BIN)/python benchmarks/scaling.py

soak: $(READY) ## a day of tasks on an accelerated clock: what grows in memory, files, database and log
	$(ONE_THREAD) $(BIN)/python benchmarks/soak.py

settings: $(READY) ## write gasflux.ini and the table of the settings anew
	$(BIN)/python tools/write_settings.py

sample: $(READY) ## make the bundled flight, and the template for own ones, anew
	$(BIN)/python tools/make_sample.py
	$(BIN)/python tools/make_template.py

pictures: $(READY) ## make the pictures of the report in docs/pictures anew
	$(BIN)/python -m tools.report_picture

lock: $(READY) ## write the lock files from constraints.txt: hashes of every wheel on every platform
	$(BIN)/python -m tools.lock

lock-check: $(READY) ## install the lock files into fresh environments
	$(BIN)/python -m pytest -m slow tests/test_supply_chain.py

audit: $(READY) ## pinned versions and lower bounds against known weaknesses; asks the index whether one was yanked
	$(BIN)/python -m tools.audit --index

licences: $(READY) ## what every dependency is licensed under
	$(BIN)/python -m tools.audit --licences

wheel: $(READY) ## build the package into dist/
	rm -rf build/lib build/bdist*
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean: ## remove .venv, caches and results
	rm -rf $(VENV) output build dist/*.whl .pytest_cache .mypy_cache .ruff_cache benchmarks/results
