# What there is to do here. `make` alone lists it. On a fresh machine python3 and make are enough.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PYTHON ?= python3
bin := .venv/bin
sources := src tests benchmarks tools
export NO_MKDOCS_2_WARNING := 1
unexport PYTHONDONTWRITEBYTECODE  # tests start hundreds of processes: each would read half a thousand modules anew

.PHONY: help setup setup-all fix check test test-all docs docs-serve bench demo lock clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name what; do printf '  make %-10s %s\n' "$$name" "$$what"; done

setup: .venv/.ready  ## make .venv with the pinned requirements and Patron itself

.venv/.ready: requirements/dev.txt pyproject.toml tools/environment.sh
	@PYTHON="$(PYTHON)" sh tools/environment.sh requirements/dev.txt
	@touch $@

setup-all: .venv/.ready-all  ## the same with Spark and pandas, for test-all and bench

.venv/.ready-all: requirements/spark.txt .venv/.ready
	@PYTHON="$(PYTHON)" sh tools/environment.sh requirements/spark.txt
	@touch $@

fix: setup  ## format the code and mend what can be mended
	$(bin)/ruff check --fix $(sources)
	$(bin)/ruff format $(sources)

check: setup  ## lint, format, types, layers, docs, links: everything but the tests of behaviour
	$(bin)/ruff check $(sources)
	$(bin)/ruff format --check $(sources)
	$(bin)/mypy
	$(bin)/mypy tests tools benchmarks
	$(bin)/lint-imports --no-logo
	$(bin)/python tools/links.py
	$(bin)/mkdocs build --strict --quiet

test: setup  ## the tests, without network or services, in a few minutes
	$(bin)/pytest -n auto --dist worksteal -m "not slow and not spark and not browser"

test-all: setup-all  ## every test; the Spark ones need Java 17 or later
	$(bin)/pytest -n auto --dist worksteal

docs: setup  ## write the reference pages from the code and build the site
	$(bin)/python -m tools.reference
	$(bin)/mkdocs build --strict

docs-serve: setup  ## the site on a local address, renewed while you write
	$(bin)/mkdocs serve

bench: setup-all  ## benchmarks beside their floors and rivals; figures for docs/reference/speed.md
	$(bin)/python -m benchmarks

demo: setup  ## load a real shop and show the result in the browser
	$(bin)/patron demo

lock: setup  ## pin the newest versions in requirements/
	@sh tools/lock.sh

clean:  ## remove what can be made again
	rm -rf .venv site build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
