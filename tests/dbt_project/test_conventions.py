"""The rules of dbt-project-evaluator that this project holds itself to, from the models' files.

Its package asks a warehouse for them; here a file is enough. Each exception stands below, with why.
"""

import re
from collections import Counter
from functools import cache

import pytest
import yaml
from dbt.jsonschemas import jsonschemas
from dbt_common.context import set_invocation_context

from rowkeeper.core.settings import PROJECT_DIR
from tests.helpers.models import DBT, FOR_PEOPLE, MODELS, REF, configured, description_of, kind_of

SOURCE = re.compile(r"""source\(\s*["'](\w+)["'],\s*["'](\w+)["']\s*\)""")
SOURCED = r"stg_(?:events|legacy|rows|runs|sheet|words)__\w+"
"""With the source's file: ``_raw_legacy__sources.yml``."""
PREFIXES = {"staging": "stg_", "intermediate": "int_"}
LAYERS = {name: path.parent.name for name, path in MODELS.items()}
REFS = {name: set(REF.findall(path.read_text("utf-8"))) for name, path in MODELS.items()}
SOURCES = {name: set(SOURCE.findall(path.read_text("utf-8"))) for name, path in MODELS.items()}

READS_MARTS = {"int_texts"}
"""It says which archived texts are to be read: that is asked of what is published."""
READS_STAGING = {"documents", "notices", "passages", "runs", "unverified_claims"}
"""A table that is a source as it stands, with names beside it, needs no model between."""
KEYLESS = {
    "fixity",
    "int_asset_versions_as_built",
    "int_events_compacted",
    "int_legacy_claims",
    "int_texts",
}
"""Their key is several columns, or, of the compacted events, what a build replaces them by."""
DEEP = 12
"""Views that ask nothing but other views stand on each other up to here: what a run asks is then
true at once, and what people read is a table."""


def test_each_layer_reads_the_one_below() -> None:
    for name, layer in LAYERS.items():
        assert not (SOURCES[name] and layer != "staging"), f"{name} reads a source itself"
        read = {LAYERS[parent] for parent in REFS[name]}
        if layer == "staging":
            assert (len(SOURCES[name]), read) == (1, set()), name
            continue
        assert REFS[name], f"{name} has no parent"
        above = {"intermediate": {*FOR_PEOPLE}, "marts": {"ops"}, "ops": set()}[layer]
        assert bool(read & above) == (name in READS_MARTS), name
        if layer in FOR_PEOPLE:
            assert ("staging" in read) == (name in READS_STAGING), name


def test_each_source_is_read_by_one_staging_model() -> None:
    declared = {
        (source["name"], table["name"])
        for path in DBT.rglob("*__sources.yml")
        for source in yaml.safe_load(path.read_text("utf-8"))["sources"]
        for table in source["tables"]
    }
    assert Counter(table for found in SOURCES.values() for table in found) == Counter(declared)


def test_names_say_the_layer() -> None:
    for name, layer in LAYERS.items():
        prefixes = {prefix for prefix in PREFIXES.values() if name.startswith(prefix)}
        assert prefixes == {PREFIXES[layer]} if layer in PREFIXES else not prefixes, name
        if layer == "staging":
            assert re.fullmatch(SOURCED, name), name


def test_each_model_is_described_and_each_table_has_a_key_that_is_tested() -> None:
    for name in MODELS:
        model = description_of(name)
        assert model.get("description"), name
        if kind_of(name) == "view":  # what it reads has a key, and pending_* are asked by it
            continue
        asked = [model, *model.get("columns", ())]
        rules = str([(one.get("data_tests"), one.get("constraints")) for one in asked])
        has_key = "unique" in rules or "primary_key" in rules
        assert has_key == (name not in KEYLESS), name


def test_a_full_refresh_leaves_each_table_where_it_is() -> None:
    """dbt would make another one, and drop the views that read the old one with it."""
    layers = {layer for name, layer in LAYERS.items() if kind_of(name) == "incremental"}
    assert [configured()[layer]["+full_refresh"] for layer in layers] == [False]


def test_each_key_is_one_that_dbt_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own schemas, which it asks for a few adapters, and for all in dbt clean and dbt deps."""
    unknown = list[dict[str, str]]()
    monkeypatch.setattr("dbt.deprecations.warn", lambda _, **said: unknown.append(said))
    set_invocation_context({})
    project = PROJECT_DIR / "dbt_project.yml"
    schemas = {path: jsonschemas.resources_schema() for path in DBT.rglob("*.yml")}
    assert len(schemas) > 60
    for path, schema in {**schemas, project: jsonschemas.project_schema()}.items():
        jsonschemas.jsonschema_validate(schema, yaml.safe_load(path.read_bytes()), str(path))
    assert unknown == []


@cache
def depth(name: str) -> int:
    """How many views stand on each other, with this one on top."""
    if kind_of(name) != "view":
        return 0
    return 1 + max((depth(parent) for parent in REFS[name]), default=0)


def test_views_do_not_stand_deeper_than_they_do() -> None:
    assert max(map(depth, MODELS)) <= DEEP
