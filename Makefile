# One lock file, one virtual environment: every target that needs it makes it, a second call finds it.
VENV := .venv
BIN := $(VENV)/bin
RUNS := $(VENV)/.runs
STAMP := $(VENV)/.installed
PYTHON ?= python3

export PYTHONDONTWRITEBYTECODE :=

.PHONY: install setup wheel demo test lint format docs pictures lock renew-yt-dlp audit sbom clean

# What running needs; setup adds what tests and linters do.
install: $(RUNS)

setup: $(STAMP)

# Each package that is installed has its hash in a lock file, also what installs (uv) and what builds
# (setuptools). The .pth keeps tools quiet, dbt above all, in whatever folder they are called.
$(RUNS): bootstrap.lock run.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("rowkeeper needs Python 3.11 or newer; set PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r bootstrap.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r run.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	$(BIN)/python -c 'import pathlib, sysconfig; (pathlib.Path(sysconfig.get_path("purelib")) / "do_not_track.pth").write_text("import os; os.environ.setdefault(\"DO_NOT_TRACK\", \"1\")\n")'
	touch $@

$(STAMP): $(RUNS) requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock
	touch $@

# What installs elsewhere, and the versions that it was tested with.
wheel: install
	$(BIN)/uv build --quiet --wheel --no-build-isolation --out-dir dist
	rm -rf build
	cp run.lock dist

# The main job without a network; TARGET=prod runs it on a Postgres of its own.
demo: install
	$(BIN)/python -m demo --target $(or $(TARGET),dev)

test: setup
	$(BIN)/python -m pytest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/dbt --quiet --warn-error parse --no-partial-parse
	$(BIN)/sqlfluff lint --disable-progress-bar --dialect postgres dbt_project/models dbt_project/tests
	$(BIN)/sqlfluff lint --disable-progress-bar --dialect duckdb dbt_project/models dbt_project/tests

# The models, their columns and where they come from, as one page: data/dbt/dev/target/static_index.html
docs: setup
	$(BIN)/dbt docs generate --static --target dev --target-path data/dbt/dev/target

# The README's pictures of the pages, after a change of how those look.
pictures: setup
	$(BIN)/python -m tests.helpers.pictures

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --quiet dbt_project/models dbt_project/tests

# The same versions in both.
LOCK_RUN = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra demo --constraints requirements.lock --no-header --no-annotate pyproject.toml -o run.lock

# After a change of the dependencies; a newer uv is named in pyproject.toml first.
lock: setup
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group setup --no-header --no-annotate -o bootstrap.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra dev --no-header --no-annotate pyproject.toml -o requirements.lock
	$(LOCK_RUN)

renew-yt-dlp: setup
	$(BIN)/uv pip compile --quiet --upgrade-package yt-dlp --upgrade-package yt-dlp-ejs --universal --python-version 3.11 --generate-hashes --extra dev --no-header --no-annotate pyproject.toml -o requirements.lock
	$(LOCK_RUN)
	$(MAKE) setup

# Known vulnerabilities of what is pinned, if advisory data is to be had.
audit: setup
	$(BIN)/uv tool run --quiet --from pip-audit==2.10.1 pip-audit --progress-spinner off --require-hashes --disable-pip --requirement requirements.lock || echo "See above: either a package has a known vulnerability, or there was no advisory data to ask."

# All that is pinned, as a CycloneDX list.
sbom: setup
	$(BIN)/uv tool run --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py requirements --pyproject pyproject.toml --output-file sbom.json requirements.lock

clean:
	rm -rf $(VENV) target logs .demo
