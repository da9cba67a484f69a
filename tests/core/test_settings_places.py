"""Every documented setting can be set in each of its documented places."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

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
    "store.url": ("s3://bucket/x", "s3://bucket/x"),
    "download.youtube.extractor_args": (
        "youtube:player_client=mweb",
        ["youtube:player_client=mweb"],
    ),
    "download.youtube.plugins": (f"/some/place={'0' * 64}", {"/some/place": "0" * 64}),
    "legacy_csv.encoding": ("cp1250", "cp1250"),
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


def found(settings: Settings, name: str) -> Any:
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
            assert means(found(settings, name), expected_here)
        else:
            places[file] = settings
    for place, settings in places.items():
        assert means(found(settings, name), expected), place


@pytest.mark.parametrize("name", sorted(TABLES))
def test_titles_with_commas_are_written_as_toml_writes_a_table(tmp_path: Path, name: str) -> None:
    written = "{name = 'Last, first', notes = 'a=b'}"
    settings = load_settings({}, {keys()[name]: written}, tmp_path)
    titles = found(settings, name)
    assert [title for cell in titles.values() for title in _listed(cell)] == ["Last, first", "a=b"]
    assert list(titles) == ["name", "notes"]


def _listed(cell: str | list[str]) -> list[str]:
    return [cell] if isinstance(cell, str) else cell
