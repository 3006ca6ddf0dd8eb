# run: the product, on a machine with nothing but Python 3.11 or newer. test, check: what must pass before a commit.

.DEFAULT_GOAL := help
.PHONY: help run setup test nightly rehearse check format bench chaos screenshots services lock

PYTHON := .venv/bin/python
LOCK := .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header --quiet

# Nothing outside may decide what the checks look at: an environment of their own, and a database that is never opened.
TESTING := ENVIRONMENT=test DATA_DIR=.data/check DATABASE_URL=sqlite:///:memory: REDIS_URL=
DEPLOYED := ENVIRONMENT=production DEBUG= DATA_DIR=.data/check ALLOWED_HOSTS=stock.example.com \
	SECRET_KEY=only-for-this-check-0123456789-abcdefghijklmnopqrstuvwxyz \
	DATABASE_URL=postgresql://tallyhouse@localhost/tallyhouse REDIS_URL=redis://localhost/0

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

run:  ## start the product, with a demo organization, at port PORT (8000)
	@.ci/serve

setup:  ## make .venv, with all that it takes to work on the product
	@.ci/environment develop

test: setup  ## the whole suite: on SQLite, then on PostgreSQL and Redis; ARGS goes to pytest
	@$(PYTHON) .ci/test $(ARGS)

nightly: setup  ## the long forms of what is tested at random: histories over HTTP, broken requests; an hour and more
	@HYPOTHESIS_PROFILE=nightly SCHEMATHESIS_EXAMPLES=100 $(PYTHON) .ci/test tests/machine \
		tests/inventory/ledger/test_documents.py tests/inventory/api/test_openapi_fuzzed.py --timeout 7200 $(ARGS)

rehearse: setup  ## back up the database, restore the backup beside it, upgrade and verify that; ARGS="--dump FILE"
	@$(PYTHON) manage.py rehearse_restore $(ARGS)

check: setup  ## style, types, arrows between packages, migrations, production settings
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	PYTHONPATH=. .venv/bin/lint-imports
	$(TESTING) $(PYTHON) manage.py makemigrations --check --dry-run
	$(DEPLOYED) $(PYTHON) manage.py check --deploy --fail-level WARNING

format: setup  ## let ruff mend what it can
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

bench: setup  ## measure, on a database of its own; ARGS=--write for docs/benchmarks.md; BENCH_SCALE=small is quick
	@$(PYTHON) .ci/bench $(ARGS)

chaos: setup  ## kill servers and processes under load, and look for what is lost; ARGS="--seconds 40 --seed 7"
	@$(PYTHON) .ci/chaos $(ARGS)

screenshots: setup  ## take the pictures of README.md anew
	@$(PYTHON) .ci/screenshots

services:  ## install PostgreSQL, Redis and Chromium for the tests (Debian)
	@.ci/services

lock: setup  ## choose versions anew for config/requirements/*.in, and lock them with hashes
	cd config/requirements && $(CURDIR)/$(LOCK) $(ARGS) run.in -o run.txt
	cd config/requirements && $(CURDIR)/$(LOCK) $(ARGS) develop.in -c run.txt -o develop.txt
