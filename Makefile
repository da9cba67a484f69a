# One lock file, one virtual environment: every target that needs it makes it, a second call finds it.
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTHON ?= python3

export PYTHONDONTWRITEBYTECODE :=

.PHONY: setup demo test lint format docs lock renew-yt-dlp audit sbom clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("rowkeeper needs Python 3.11 or newer; set PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@

# The main job without a network; TARGET=prod runs it on a Postgres of its own.
demo: setup
	$(BIN)/python -m demo --target $(or $(TARGET),dev)

test: setup
	$(BIN)/python -m pytest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --disable-progress-bar --dialect postgres dbt_project/models dbt_project/tests
	$(BIN)/sqlfluff lint --disable-progress-bar --dialect duckdb dbt_project/models dbt_project/tests

# The models, their columns and where they come from, as one page: data/dbt/dev/target/static_index.html
docs: setup
	$(BIN)/dbt docs generate --static --target dev

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --quiet dbt_project/models dbt_project/tests

lock: setup
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra dev --no-header --no-annotate pyproject.toml -o requirements.lock

renew-yt-dlp: setup
	$(BIN)/uv pip compile --quiet --upgrade-package yt-dlp --upgrade-package yt-dlp-ejs --universal --python-version 3.11 --generate-hashes --extra dev --no-header --no-annotate pyproject.toml -o requirements.lock
	$(MAKE) setup

# Known vulnerabilities of what is pinned, if advisory data is to be had.
audit: setup
	$(BIN)/uv tool run --quiet --from pip-audit==2.10.1 pip-audit --progress-spinner off --require-hashes --disable-pip --requirement requirements.lock || echo "See above: either a package has a known vulnerability, or there was no advisory data to ask."

# All that is pinned, as a CycloneDX list.
sbom: setup
	$(BIN)/uv tool run --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py requirements --pyproject pyproject.toml --output-file sbom.json requirements.lock

clean:
	rm -rf $(VENV) target logs .demo
