# Samrum's workshop. `make help` lists the verbs; the work of the longer ones is in scripts/.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-print-directory --no-builtin-rules

VENV := .venv
WEB_SOURCES := $(shell find web/src web/public web/index.html web/vite.config.ts web/tsconfig*.json -type f -not -name '*.test.ts*' 2>/dev/null)
CITY ?=
SOAK ?=
BENCH ?=

.DEFAULT_GOAL := help
.PHONY: help run build test check soak fuzz tools bench bench-search bench-signin bench-files bench-stream wire drawings pictures lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

run: build ## start the demo city on this machine (arguments of `samrum up` in CITY="--port-base 9000")
	@exec $(VENV)/bin/samrum up $(CITY)

build: $(VENV)/.run build/web.stamp build/livekit-server ## make everything that `make run` needs, start nothing

wheel: $(VENV)/.made ## build relay's own wheel, and an environment that holds it alone, into build/
	@scripts/step.sh "Building relay's wheel" scripts/relay_wheel.sh

test: tools $(VENV)/.dev web/node_modules/.made build/web.stamp build/livekit-server build/versitygw ## lint, types, walls, and every test against real servers and browsers
	@scripts/test.sh all

check: $(VENV)/.dev web/node_modules/.made ## the quick part of `make test`: no servers, under two minutes
	@scripts/test.sh quick

soak: tools $(VENV)/.dev web/node_modules/.made build/web.stamp build/livekit-server build/versitygw ## the long forms of tests, an hour or so; some of them by SOAK="-k kill"
	@scripts/soak.sh $(SOAK)

fuzz: $(VENV)/.fuzz ## look for inputs that break a parser, guided by coverage, for FUZZ_SECONDS=600; finds stay in tests/fuzz/corpus
	@$(VENV)/bin/python -m tests.fuzz.cover

tools: ## install the Debian packages that tests need (as root), or say which are missing
	@scripts/tools.sh

bench: $(VENV)/.dev build ## measure; prints one JSON line a measurement
	@scripts/bench.sh

bench-search: $(VENV)/.dev ## search over 1,000,000 messages, about ten minutes: a line, and build/bench-search.json; QUICK=1: 100,000 messages, a minute
	@PYTHONPATH=. $(VENV)/bin/python bench/search.py $(if $(QUICK),--quick) $(BENCH)

bench-signin: $(VENV)/.dev ## 10,000 sign-ins at home on one core in ten minutes: a line, and build/bench-signin.json; QUICK=1: half a minute
	@PYTHONPATH=. $(VENV)/bin/python bench/signin.py $(if $(QUICK),--quick)

bench-files: $(VENV)/.dev build/versitygw ## files up and down through relay, in a folder and behind S3: two JSON lines, half a minute
	@PYTHONPATH=. $(VENV)/bin/python bench/files.py

bench-stream: $(VENV)/.dev ## relay against other servers and the floor: a table, and build/bench-stream.json; QUICK=1 for relay and floor alone; BENCH="--only samrum --parts rejoin" for a part
	@scripts/bench_stream.sh $(if $(QUICK),--quick) $(BENCH)

wire: $(VENV)/.dev web/node_modules/.made ## make the web client's types and validators from src/samrum/wire
	@$(VENV)/bin/python -m samrum.wire.schema
	@node web/scripts/wire.mjs

drawings: web/node_modules/.made ## draw docs/flows anew from their texts
	@node web/scripts/drawings.mjs

pictures: $(VENV)/.dev build ## make the pictures of docs/screenshots anew
	@$(VENV)/bin/python -m tests.city.launch -- node web/e2e/pictures.mjs

lock: $(VENV)/.dev ## pin the newest allowed versions with hashes, without addresses
	@scripts/lock.sh

clean: ## remove what was built (not the data of the demo city)
	@rm -rf build $(VENV) web/node_modules web/dist

# Stamps: a step runs again only when what it was made from has changed.

$(VENV)/.made: requirements/tools.txt
	@scripts/venv.sh $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements/run.txt pyproject.toml
	@scripts/step.sh "Installing Python libraries" $(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --require-hashes -r requirements/run.txt
	@$(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@scripts/step.sh "Installing Python tools for tests" $(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.fuzz: $(VENV)/.dev requirements/fuzz.txt
	@scripts/step.sh "Installing the fuzzer" $(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --require-hashes -r requirements/fuzz.txt
	@touch $@

web/node_modules/.made: web/package-lock.json web/package.json
	@scripts/need.sh node
	@scripts/step.sh "Installing the web client's libraries" npm --prefix web ci --no-audit --no-fund --loglevel=error
	@touch $@

build/web.stamp: $(WEB_SOURCES) web/package-lock.json
	@scripts/web.sh

build/livekit-server: media/go.mod media/go.sum
	@scripts/livekit.sh

build/versitygw: tests/blobs/versitygw/go.mod tests/blobs/versitygw/go.sum
	@scripts/versitygw.sh
