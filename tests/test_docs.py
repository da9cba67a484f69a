"""The docs are tested: what they name exists, and what exists is named."""

import re
import tomllib
from operator import attrgetter
from pathlib import Path

import pytest
import yaml

import rowkeeper
from rowkeeper.cli import COMMANDS
from rowkeeper.cli.options import FLAGS
from rowkeeper.core import errors
from rowkeeper.core.errors import INTERRUPTED, RowkeeperError
from rowkeeper.core.settings import PROJECT_DIR, keys, load_settings

DOCS = PROJECT_DIR / "docs"
README = (PROJECT_DIR / "README.md").read_text("utf-8")
SETTINGS = (DOCS / "settings.md").read_text("utf-8")
ARCHITECTURE = (DOCS / "architecture.md").read_text("utf-8")
PAGES = [PROJECT_DIR / "README.md", PROJECT_DIR / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


def table_rows(text: str) -> list[list[str]]:
    return [
        [cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
        for line in text.splitlines()
        if line.startswith("| ") and not line.startswith("| ---")
    ]


def test_every_setting_is_documented_with_its_variable_flag_and_default() -> None:
    rows = {row[0]: row for row in table_rows(SETTINGS)}
    settings = load_settings({}, {})
    flags = {setting: f"--{option.replace('_', '-')}" for option, setting in FLAGS.items()}
    for name, variable in keys().items():
        _, documented, flag, meaning = rows[name]
        assert documented == variable
        assert flag == flags.get(name, "")
        section = name.rpartition(".")[0]
        default = attrgetter(name)(settings) if section else None
        if isinstance(default, int | float) and name not in {"store.url"}:
            assert meaning.endswith((f" {default:g}", f" {default:.0f}"))


def test_every_exit_code_is_documented() -> None:
    documented = {int(row[0]) for row in table_rows(SETTINGS) if row[0].isdigit()}
    kinds = [value for value in vars(errors).values() if isinstance(value, type)]
    codes = {kind.exit_code for kind in kinds if issubclass(kind, RowkeeperError)}
    assert documented == codes | {0, INTERRUPTED}


def test_each_variable_of_the_pages_is_read_by_somebody() -> None:
    read = set(keys().values())
    for path in (
        *PROJECT_DIR.glob("*.yml"),
        *(path for room in ("rowkeeper", "loaders") for path in (PROJECT_DIR / room).rglob("*.py")),
        *(PROJECT_DIR / "dbt_project").rglob("*.sql"),
    ):
        read |= set(re.findall(r"\bROWKEEPER_[A-Z]+[A-Z_]*[A-Z]\b", path.read_text("utf-8")))
    for page in (PROJECT_DIR / "README.md", *sorted(DOCS.glob("*.md"))):
        named = set(re.findall(r"\bROWKEEPER_[A-Z]+[A-Z_]*[A-Z]\b", page.read_text("utf-8")))
        assert named <= read, (page.name, named - read)


def test_every_room_is_named_and_every_name_is_a_room() -> None:
    rooms = ARCHITECTURE.partition("## The rooms")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `([\w/]+)/` \|", rooms, re.MULTILINE))
    assert {"loaders", "downloaders", "uploaders", "dbt_project", "tests"} <= named
    rooms_of_ours = {path.parent for path in PROJECT_DIR.glob("rowkeeper/*/__init__.py")}
    assert {str(path.relative_to(PROJECT_DIR)) for path in rooms_of_ours} <= named
    assert all((PROJECT_DIR / name).is_dir() for name in named)


def test_every_command_is_in_the_readme_and_every_target_is_in_the_makefile() -> None:
    for name in COMMANDS:
        assert f"`rowkeeper {name}`" in README
    makefile = (PROJECT_DIR / "Makefile").read_text("utf-8")
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert f"\n{target}:" in makefile


def test_there_is_one_version_number() -> None:
    ours = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    dbt = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text("utf-8"))["version"]
    wheels = re.findall(r"rowkeeper-([\d.]+)-py3-none-any", README)
    assert len(wheels) > 1
    assert {ours, dbt, *wheels} == {rowkeeper.__version__}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_files_that_the_architecture_names_exist() -> None:
    for path in re.findall(r"`((?:rowkeeper|downloaders|uploaders)/[\w/]+\.py)`", ARCHITECTURE):
        assert (PROJECT_DIR / path).is_file(), path


def test_each_line_on_security_names_tests_that_are_there() -> None:
    rows = [
        row for row in table_rows((DOCS / "security.md").read_text("utf-8")) if row[2] != "Test"
    ]
    assert len(rows) > 20
    for claim, _, tests in rows:
        named = re.findall(r"(tests/[\w/]+\.py)::(test_\w+)", tests)
        assert named, claim
        for path, name in named:
            assert f"\ndef {name}(" in (PROJECT_DIR / path).read_text("utf-8"), f"{path}::{name}"


def test_every_mart_and_ops_model_is_in_the_readme() -> None:
    for folder in ("marts", "ops"):
        for model in (PROJECT_DIR / "dbt_project" / "models" / folder).glob("*.sql"):
            assert f"`{model.stem}`" in README, model.stem


def test_each_dependency_has_its_reason() -> None:
    project = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = project["dependencies"] + extras["demo"] + extras["dev"][1:]
    assert extras["dev"][0] == "rowkeeper[demo]"
    page = (DOCS / "dependencies.md").read_text("utf-8")
    for name in (re.split(r"[^\w.-]", item)[0] for item in wanted):
        assert f"`{name}`" in page, name
    lock = (PROJECT_DIR / "requirements.lock").read_text("utf-8")
    for name, version in re.findall(r"^\| `([\w.-]+)` \| ([\d.]+),", page, re.MULTILINE):
        assert f"\n{name}=={version} " in f"\n{lock}", name


def test_the_project_has_one_version() -> None:
    ours = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    dbts = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text("utf-8"))["version"]
    assert dbts == ours
