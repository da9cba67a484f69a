"""The graph of the models, from their files: what stops a build before people see anything."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from rowkeeper.core.settings import PROJECT_DIR
from tests.helpers.models import DBT, FOR_PEOPLE, MODELS, REF, description_of, kind_of

ROOMS = ("rowkeeper", "loaders", "downloaders", "uploaders", "demo", "benchmarks")


def severities(model: Mapping[str, Any]) -> Iterator[str]:
    """Of the data tests of a model and its columns."""
    for owner in (model, *model.get("columns", ())):
        for check in owner.get("data_tests", ()):
            said = next(iter(check.values())) if isinstance(check, dict) else {}
            yield str((said or {}).get("config", {}).get("severity", "error"))


def ancestors(name: str) -> set[str]:
    above, left = set[str](), [name]
    while left:
        for parent in REF.findall(MODELS[left.pop()].read_text("utf-8")):
            if parent not in above:
                above.add(parent)
                left.append(parent)
    return above


def awaited() -> list[str]:
    macro = (DBT / "macros" / "after_checks.sql").read_text("utf-8")
    return re.findall(r'"(\w+)"', macro)


def test_no_mart_is_built_before_each_checked_model() -> None:
    waiting = awaited()
    assert len(waiting) == len(set(waiting))
    before = set(waiting).union(*(ancestors(name) for name in waiting))
    inner = {name for name, path in MODELS.items() if path.parent.name not in FOR_PEOPLE}
    checked = {name for name in inner if "error" in set(severities(description_of(name)))}
    assert len(checked) > 20
    for check in (DBT / "tests").glob("assert_*.sql"):
        if (asked := set(REF.findall(check.read_text("utf-8")))) <= inner:
            checked |= asked
    assert not checked - before, "Add these to after_checks()."
    assert not set(waiting) - checked, (
        "Nothing checks these: after_checks() need not wait for them."
    )


def test_each_table_that_people_read_waits_for_the_checks() -> None:
    hasty = {
        name
        for name, path in MODELS.items()
        if path.parent.name in FOR_PEOPLE
        and "after_checks()" not in path.read_text("utf-8")
        and kind_of(name) == "table"
    }
    assert not hasty


def test_what_is_kept_as_built_is_read_after_the_loads_are_listed() -> None:
    """Events that come between are then of no load that the build says it has."""
    kept = {name for name in MODELS if name.endswith("_as_built")} - {"int_loads_as_built"}
    assert len(kept) > 1
    assert {name for name in kept if "int_loads_as_built" not in ancestors(name)} == set()


def python() -> Iterator[tuple[str, str]]:
    """The product's modules: path, text."""
    for room in ROOMS:
        for path in (PROJECT_DIR / room).rglob("*.py"):
            yield str(path.relative_to(PROJECT_DIR)), path.read_text("utf-8")


def test_python_asks_only_what_is_public() -> None:
    private = re.compile(r"\b(intermediate|staging)\.(int|stg)_|\b(int|stg)_[a-z_]+ as\b")
    assert [path for path, text in python() if private.search(text)] == []


def test_what_python_asks_has_a_contract_and_an_exposure() -> None:
    asked = {
        name for _, text in python() for name in re.findall(r"\{(?:schema|state)\}+\.(\w+)", text)
    }
    assert len(asked) > 20
    exposures = yaml.safe_load((DBT / "models" / "exposures.yml").read_text("utf-8"))["exposures"]
    exposed = {
        name for said in exposures for text in said["depends_on"] for name in REF.findall(text)
    }
    assert asked <= exposed
    config = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text("utf-8"))
    for name in exposed:
        kind = config["models"]["rowkeeper"][MODELS[name].parent.name]
        assert (name, kind["+access"], kind["+contract"]) == (name, "public", {"enforced": True})


def test_a_column_is_described_in_one_place() -> None:
    said = Counter(
        (column["name"], column["description"])
        for path in (DBT / "models").rglob("*.yml")
        for kind in yaml.safe_load(path.read_text("utf-8")).items()
        if kind[0] in ("models", "sources")
        for owner in kind[1]
        for table in owner.get("tables", (owner,))
        for column in table.get("columns", ())
        if "description" in column and "doc(" not in column["description"]
    )
    often = {column: count for column, count in said.items() if count >= 5}
    assert not often, "Give it a block in dbt_project/models/columns.md."


def test_each_table_that_people_read_is_exposed_and_each_source_column_described() -> None:
    exposures = yaml.safe_load((DBT / "models" / "exposures.yml").read_text("utf-8"))["exposures"]
    exposed = {
        name for said in exposures for text in said["depends_on"] for name in REF.findall(text)
    }
    assert {name for name, path in MODELS.items() if path.parent.name in FOR_PEOPLE} == exposed
    bare = [
        (table["name"], column["name"])
        for path in (DBT / "models").rglob("*__sources.yml")
        for source in yaml.safe_load(path.read_text("utf-8"))["sources"]
        for table in source["tables"]
        for column in table["columns"]
        if not column.get("description")
    ]
    assert not bare


def test_each_code_of_a_table_has_its_values_tested() -> None:
    codes = {"source", "standing", "fate", "verdict", "stage", "archived_by", "outcome"}
    for name, path in MODELS.items():
        if path.parent.name != "marts" or name == "passages":  # read_texts has its codes
            continue
        model = description_of(name)
        tested = {
            column
            for check in model.get("data_tests", ())
            for column in check.get("rules", {}).get("arguments", {}).get("accepted_values", ())
        }
        tested |= {
            column["name"]
            for column in model["columns"]
            if any(one["type"] == "check" for one in column.get("constraints", ()))
        }
        untested = {column["name"] for column in model["columns"]} & codes - tested
        assert not untested, name


def test_a_table_has_one_key_of_a_person() -> None:
    for name, path in MODELS.items():
        if path.parent.name in FOR_PEOPLE:
            columns = {column["name"] for column in description_of(name)["columns"]}
            assert len(columns & {"row_id", "person_row_id"}) < 2, name
