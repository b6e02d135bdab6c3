.DEFAULT_GOAL := help
.PHONY: help setup demo test test-kafka check bench hostile chaos breaks soak pgbench stack-up stack-down versitygw kafka clean

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready

help: ## Say what each target does.
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Put everything that is needed, PDM included, into .venv (the other targets do this by themselves).

# PDM keeps to a virtual environment of its own, so that what it depends on never meets what the project depends on.
$(READY): pyproject.toml pdm.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13: set PYTHON, e.g. PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' \
		|| { echo "Python's venv module is missing: install it, e.g. apt-get install python3-venv" >&2; exit 1; }
	@test -x $(RUN) || { echo "making $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@test -x $(VENV)/pdm/bin/pdm || { echo "installing PDM"; $(PYTHON) -m venv $(VENV)/pdm \
		&& $(VENV)/pdm/bin/python -m pip install --quiet --disable-pip-version-check 'pdm[locked]==2.29.3'; }
	@ln -sf ../pdm/bin/pdm $(VENV)/bin/pdm
	@echo "installing the locked dependencies (several hundred MB the first time; a minute or two)"
	@PDM_CHECK_UPDATE=false VIRTUAL_ENV=$(CURDIR)/$(VENV) PDM_IGNORE_SAVED_PYTHON=1 $(VENV)/bin/pdm sync --quiet --no-self -G:all
	@touch $@

demo: $(READY) ## Start the platform here and drive documents through it; INPUT=dir takes your own, SOURCE=kafka goes by Kafka.
	@$(RUN) -m deploy.local.demo $(if $(INPUT),--input '$(INPUT)') $(if $(SOURCE),--source $(SOURCE))

# Tests start hundreds of Python processes: most of what those take is compiling, unless it is kept, whatever the
# environment says of that.
COMPILED_ONCE := PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX='$(CURDIR)/$(VENV)/compiled'

test: $(READY) ## Run every test on real parts, with WORKERS at once (as many as there are cores, 4 at most).
	@$(COMPILED_ONCE) $(RUN) -m pytest -m 'not jvm' -n $(or $(WORKERS),logical) --maxprocesses 4 --dist loadgroup --no-loadscope-reorder

test-kafka: $(READY) kafka ## Run the tests that need Kafka and Kafka Connect, one after another.
	@$(COMPILED_ONCE) $(RUN) -m pytest -m jvm

check: $(READY) ## Format and lint with ruff, then pylint, mypy --strict and import-linter.
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/lint-imports --no-cache
	@$(VENV)/bin/mypy --strict .
	@$(VENV)/bin/pylint services cdc analytics migrations deploy tests

bench: $(READY) ## Measure repositories, the gateway and capture, each beside what it is made of.
	@$(RUN) -m tests.bench

hostile: $(READY) ## Send every service REQUESTS generated requests (10000), as its description allows and forbids.
	@$(RUN) -m tests.hostile $(if $(REQUESTS),--requests $(REQUESTS))

chaos: $(READY) ## Strike the platform with FAULTS seeded faults (50); SEED=s replays a run; KINDS="kill capture,…", MINUTES=n, SOURCE=kafka.
	@$(RUN) -m tests.chaos $(if $(SOURCE),--source $(SOURCE)) $(if $(FAULTS),--faults $(FAULTS)) $(if $(SEED),--seed $(SEED)) \
		$(if $(KINDS),--kinds '$(KINDS)') $(if $(MINUTES),--minutes $(MINUTES))

breaks: $(READY) ## Break capture on purpose, in one way after another, and see that each is caught.
	@$(RUN) -m tests.chaos.break_all

soak: $(READY) ## Load the platform for MINUTES (30), and see that memory, lag, parts and WAL stay flat; a plot is kept.
	@$(RUN) -m tests.soak $(if $(MINUTES),--minutes $(MINUTES))

pgbench: $(READY) ## Carry pgbench's own tables at full speed for SECONDS (60), and prove them equal.
	@HULEEDU_PGBENCH_SECONDS=$(or $(SECONDS),60) $(RUN) -m pytest -s tests/pipeline/test_pgbench.py

stack-up: $(READY) ## Start the platform in the background; state lies in .huleedu; SOURCE=kafka goes by Kafka.
	@$(RUN) -m deploy.local up --detach $(if $(SOURCE),--source $(SOURCE))

stack-down: $(READY) ## Stop the platform; what it stored stays.
	@$(RUN) -m deploy.local down

versitygw: ## Build the S3 server that the object store's tests use with HULEEDU_TEST_OBJECT_STORE=s3 (needs Go).
	@command -v go > /dev/null || { echo "Go is missing: install it to build versitygw" >&2; exit 1; }
	@GOBIN=$(CURDIR)/.huleedu/bin go install github.com/versity/versitygw/cmd/versitygw@v1.8.0

kafka: $(READY) ## Fetch Kafka, Connect and Debezium, for SOURCE=kafka and the tests (needs Java 17 and Maven; once).
	@$(RUN) -m deploy.local.kafka

clean: ## Remove .venv and the tools' caches; the platform's state in .huleedu stays.
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
