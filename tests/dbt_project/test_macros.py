"""What SQL must say again of Python's rules, since neither can ask the other: held to them."""

import re
import sys
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from jinja2 import Environment

from loaders.schemas import SCHEMAS
from rowkeeper.core.csv.legacy import NOTHING
from rowkeeper.core.drain import create_statements
from rowkeeper.core.events import EventType
from rowkeeper.core.settings import PROJECT_DIR
from rowkeeper.core.text import ZERO_WIDTH

MACROS = PROJECT_DIR / "dbt_project" / "macros"


def macro(file: str, name: str, *arguments: str) -> str:
    """What a macro that calls no other gives."""
    returned: list[str] = []

    def give(text: str) -> str:
        returned.append(text)
        return text

    environment = Environment(extensions=["jinja2.ext.do"], autoescape=False)
    environment.globals.update({"return": give, "trimmed": lambda cell: f"<{cell}>"})
    environment.globals["matches"] = lambda text, pattern: f"({text} ~ '{pattern}')"
    module: Any = environment.from_string((MACROS / file).read_text("utf-8")).module
    text = str(getattr(module, name)(*arguments))
    return returned[0] if returned else text


@pytest.mark.parametrize("stands", [False, True])
def test_a_clone_which_compiles_no_model_keeps_none(stands: bool) -> None:
    environment = Environment(extensions=["jinja2.ext.do"], autoescape=False)
    environment.globals.update({"return": str, "execute": True, "own_schema": str})
    environment.globals["stands_as_built"] = lambda: stands
    relation = SimpleNamespace(create=lambda **named: named["identifier"])
    environment.globals["api"] = SimpleNamespace(Relation=relation)
    environment.globals["replaced_view"] = lambda name, sql: f"{name}: {sql}"
    text = (MACROS / "as_modelled.sql").read_text("utf-8")
    people = {"name": "people", "columns": {"row_id": {}}}
    kept = [
        str(environment.from_string(text, {"model": model}).module.keep_model()).strip()  # type: ignore[attr-defined]
        for model in (people | {"compiled_code": "select 1 as row_id"}, people)
    ]
    made = "people_as_modelled: select row_id from (select 1 as row_id\n) as modelled"
    assert kept == ["" if stands else made, ""]


@pytest.mark.parametrize("option", ["sample", "empty"])
def test_a_build_of_a_part_of_the_rows_is_refused(option: str) -> None:
    def refuse(text: str) -> None:
        raise ValueError(text)

    environment = Environment(extensions=["jinja2.ext.do"], autoescape=False)
    environment.globals["exceptions"] = SimpleNamespace(raise_compiler_error=refuse)
    environment.globals |= {"execute": True, "invocation_args_dict": {option: True}}
    module: Any = environment.from_string((MACROS / "guard_build.sql").read_text("utf-8")).module
    with pytest.raises(ValueError, match=f"--{option} is not .* Nothing was written"):
        module.refuse_part()


def words(sql: str) -> set[str]:
    """The literals in a piece of SQL."""
    return {word.replace("''", "'") for word in re.findall(r"'((?:[^']|'')*)'", sql)}


def test_blanks_are_the_same_in_both() -> None:
    spaces = {char for char in map(chr, range(sys.maxunicode + 1)) if char.isspace()}
    assert set(macro("text.sql", "spaces")) == spaces
    assert macro("text.sql", "zero_width") == ZERO_WIDTH


def test_only_a_known_yes_is_processed() -> None:
    said = words(macro("known_earlier.sql", "is_processed", "cell"))
    assert not said & (NOTHING | {"no", "false", "0", "0.0"})


def test_each_event_is_an_outcome_of_no_session_or_none_of_both() -> None:
    outcomes = words(macro("events.sql", "outcome_events"))
    without = words(macro("events.sql", "events_of_no_session"))
    assert not outcomes & without
    others = {str(event.value) for event in EventType} - outcomes - without
    assert outcomes | without <= {str(event.value) for event in EventType}
    assert others == {
        *("session_started", "session_finished", "session_interrupted"),
        *("discovered", "identified", "document_read"),
    }, "A new event is an outcome, or of no session, or stands here: say so in macros/events.sql."


def sources() -> dict[str, dict[str, tuple[str, str]]]:
    """Raw table -> column -> its type and what follows it, as dbt makes tables that are missing."""
    raw_tables: dict[str, dict[str, tuple[str, str]]] = {}
    for path in (PROJECT_DIR / "dbt_project" / "models").rglob("*__sources.yml"):
        for source in yaml.safe_load(path.read_text("utf-8"))["sources"]:
            for table in source["tables"]:
                raw_tables[table["name"]] = {
                    column["name"]: (
                        column["data_type"],
                        column.get("config", {}).get("meta", {}).get("ddl", ""),
                    )
                    for column in table["columns"]
                }
    return raw_tables


def test_the_tables_of_events_are_the_same_in_both() -> None:
    listed = re.findall(r"(\w+) (text|bigint|timestamptz) ?([^,)]*)", create_statements()[1])
    assert {name: (kind, more) for name, kind, more in listed} == sources()["asset_events"]


def test_the_kinds_of_events_are_the_same_in_both() -> None:
    path = PROJECT_DIR / "dbt_project" / "models" / "staging" / "stg_events__asset_events.yml"
    rules = yaml.safe_load(path.read_text("utf-8"))["models"][0]["data_tests"][0]["rules"]
    assert set(rules["arguments"]["accepted_values"]["event_type"]) == {*map(str, EventType)}


def test_the_tables_of_loads_are_the_same_in_both() -> None:
    kinds = {"string": "text", "int64": "bigint", "bool": "boolean"}
    for table, schema in SCHEMAS.items():
        loaded = {field.name: kinds.get(str(field.type), "timestamptz") for field in schema}
        said = {name: kind for name, (kind, _) in sources()[table].items()}
        said = {name: kind for name, kind in said.items() if not name.startswith("_dlt_")}
        assert (table, said) == (table, loaded)
