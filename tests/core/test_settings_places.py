"""Every documented setting can be set in each of its documented places."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from rowkeeper.core.errors import UsageError
from rowkeeper.core.setting_types import RULE
from rowkeeper.core.settings import (
    PROJECT_DIR,
    READ_BY_DBT,
    SECRETS,
    Settings,
    keys,
    load_settings,
)

DOCUMENTED = dict(
    re.findall(
        r"^\| `([a-z_.]+)` \| `(ROWKEEPER_[A-Z_]+)` \|",
        (PROJECT_DIR / "docs/settings.md").read_text("utf-8"),
        re.MULTILINE,
    )
)
TABLES: dict[str, tuple[str, dict[str, Any]]] = {
    "sheet.columns": ("name=Who, notes=Remarks", {"name": ["Who"], "notes": ["Remarks"]}),
    "legacy_csv.columns": ("name = Who", {"name": "Who"}),
}
SPECIAL: dict[str, tuple[str, Any]] = {
    **TABLES,
    "download.rates": ("youtube=1", {"youtube": 1.0}),
    "download.bursts": ("youtube=1", {"youtube": 1}),
    "download.concurrency": ("youtube=1", {"youtube": 1}),
    "network.private_addresses": ("10.1.0.0/16, 10.2.0.1", ["10.1.0.0/16", "10.2.0.1"]),
    "monitoring.notify": (
        "json://a.example/x,y mailto://b",
        [SecretStr("json://a.example/x,y"), SecretStr("mailto://b")],
    ),
    "store.url": ("s3://bucket/x", "s3://bucket/x"),
    "download.youtube.extractor_args": (
        "youtube:player_client=mweb",
        ["youtube:player_client=mweb"],
    ),
    "download.youtube.plugins": (f"/some/place={'0' * 64}", {"/some/place": "0" * 64}),
    "legacy_csv.encoding": ("cp1250", "cp1250"),
    "sheet.encoding": ("cp1250", "cp1250"),
    "disk.umask": ("027", "027"),
    "store.role_arn": ("arn:aws:iam::123456789012:role/x", "arn:aws:iam::123456789012:role/x"),
}
"""Setting -> how the environment writes it, and what it means."""


def sample(name: str) -> tuple[str, Any]:
    """A value that is not the default: as the environment has it, and as it is read."""
    if name in SPECIAL:
        return SPECIAL[name]
    section, _, key = name.rpartition(".")
    model = Settings.model_fields[section].annotation if section else Settings
    info = model.model_fields[key]  # type: ignore[union-attr]
    kind, default = str(info.annotation), info.default
    if "Literal" in kind:
        choice = next(item for item in re.findall(r"'(\w[\w:]*)'", kind) if item != default)
        return choice, choice
    if isinstance(default, bool):
        return str(int(not default)), not default
    if isinstance(default, int | float):
        most = next((bound.le for bound in info.metadata if hasattr(bound, "le")), default + 1)
        value = type(default)(min(default + 1, most))
        return str(value), value
    if "list" in kind or isinstance(default, list):
        return "one, two", ["one", "two"]
    if "Path" in kind:
        return "/some/place", Path("/some/place")
    if "_CLASS" in name.upper():
        return "STANDARD_IA", "STANDARD_IA"
    return "something", "something"


def value_of(settings: Settings, name: str) -> Any:
    value: Any = settings
    for part in name.split("."):
        value = getattr(value, part)
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def means(value: Any, expected: Any) -> bool:
    if isinstance(expected, dict):
        return all(value.get(key) == item for key, item in expected.items())
    return bool(value == expected)


def test_the_document_and_the_settings_name_the_same() -> None:
    assert keys() == DOCUMENTED


@pytest.mark.parametrize("name", sorted(keys()))
def test_a_setting_is_set_in_each_of_its_places(tmp_path: Path, name: str) -> None:
    written, expected = sample(name)
    places = {"flag": load_settings({name: written}, {}, tmp_path)}
    places["environment"] = load_settings({}, {keys()[name]: written}, tmp_path)
    if name != "data_dir" and name not in READ_BY_DBT:
        section, _, key = name.rpartition(".")
        native = written if name not in TABLES else None
        toml = json.dumps(native) if native else "{name = " + json.dumps(expected["name"]) + "}"
        file = "secrets.toml" if name in SECRETS else "config.toml"
        (tmp_path / file).write_text(f"[rowkeeper.{section}]\n{key} = {toml}\n", "utf-8")
        settings = load_settings({}, {}, tmp_path)
        if name in TABLES:
            expected_here = {"name": expected["name"]}
            assert means(value_of(settings, name), expected_here)
        else:
            places[file] = settings
    for place, settings in places.items():
        assert means(value_of(settings, name), expected), place


@pytest.mark.parametrize("name", sorted(TABLES))
def test_titles_with_commas_are_written_as_toml_writes_a_table(tmp_path: Path, name: str) -> None:
    written = "{name = 'Last, first', notes = 'a=b'}"
    settings = load_settings({}, {keys()[name]: written}, tmp_path)
    titles = value_of(settings, name)
    assert [title for cell in titles.values() for title in _listed(cell)] == ["Last, first", "a=b"]
    assert list(titles) == ["name", "notes"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('name="Who, what"', {"name": "Who, what"}),
        ("name='Who, what' , notes = R", {"name": "Who, what", "notes": "R"}),
        ('"name" = "a=b",', {"name": "a=b"}),
        (
            "name=Person's name, notes=Others' words",
            {"name": "Person's name", "notes": "Others' words"},
        ),
        ('{"name": "Who", "notes": "R"}', {"name": "Who", "notes": "R"}),
        ("{name = 'Who'}", {"name": "Who"}),
    ],
)
@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_in_the_environment(
    tmp_path: Path, name: str, written: str, expected: dict[str, str]
) -> None:
    table = value_of(load_settings({}, {keys()[name]: written}, tmp_path), name)
    assert {key: _listed(cell)[0] for key, cell in table.items()} == expected


@pytest.mark.parametrize(
    "written",
    [
        *("name:Who", "name=Who; notes=R", "name=Who, what", "name", "=Who", "name="),
        *('name="Who, what" and more', "{", "{name: 'Who'}"),
    ],
)
@pytest.mark.parametrize("name", sorted(TABLES))
def test_what_is_no_pair_is_refused(tmp_path: Path, name: str, written: str) -> None:
    with pytest.raises(UsageError, match=f"{name} .*should be"):
        load_settings({}, {keys()[name]: written}, tmp_path)


def test_a_table_says_each_thing_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="should say youtube once, not '1' and '2'"):
        load_settings({}, {keys()["download.rates"]: "youtube=1, youtube=2"}, tmp_path)
    written = {keys()["sheet.columns"]: "link=A, link=B"}
    assert load_settings({}, written, tmp_path).sheet.columns == {"link": ["A", "B"]}


@pytest.mark.parametrize(
    "written",
    [
        *("test*.csv", "output.csv:900-905 12 7a", "output.csv: 900-905", "a 12:30:05.csv:7"),
        *("old.csv.gz:1", "a, b.csv:1", "output.csv:7-7"),
    ],
)
def test_rules_that_leave_rows_out(tmp_path: Path, written: str) -> None:
    settings = load_settings({}, {keys()["legacy_csv.ignore"]: written}, tmp_path)
    assert settings.legacy_csv.ignore == [rule.strip() for rule in written.split(",")]


@pytest.mark.parametrize(
    "written",
    [
        *(
            "output.csv:900 - 905",
            "output.csv:A12",
            "output.csv:12A",
            "output.csv:",
            "output.csv:7,8:",
        ),
        *("output.csv:905-900", "output.csv:1;2", ":5", f"a.csv:{'1' * 24}!"),
        f"a.csv:{'1 ' * 3000}!",
    ],
)
def test_a_rule_that_would_leave_out_nothing_is_refused(tmp_path: Path, written: str) -> None:
    begun = time.process_time()
    with pytest.raises(UsageError, match=r"legacy_csv\.ignore .*row ids and ranges"):
        load_settings({}, {keys()["legacy_csv.ignore"]: written}, tmp_path)
    assert time.process_time() - begun < 5


def test_dbt_reads_rules_as_the_settings_do() -> None:
    text = (PROJECT_DIR / "dbt_project/macros/left_out.sql").read_text("utf-8")
    ids = re.search(r'set id = "(.*)" -%', text)
    pattern = re.search(r'return\("(.*)" ~ id ~ "(.*)" ~ id ~ "(.*)"\)', text)
    assert ids is not None
    assert pattern is not None
    assert ids[1].join(pattern.groups()) == RULE.pattern


def _listed(cell: str | list[str]) -> list[str]:
    return [cell] if isinstance(cell, str) else cell
