#!/bin/sh
# Build dist/GasFluxAPI (server) and dist/gasflux (command line) for this system. Needs Python >= 3.11 only;
# every package is checked against its hash.
# PYTHON=python3.12 sh build_exe.sh  chooses the Python.
set -eu
cd "$(dirname "$0")"
[ -x .venv/bin/python ] || "${PYTHON:-python3}" -m venv .venv
.venv/bin/python -m tools.install --exe
.venv/bin/python -m tools.build_exe "$@"
