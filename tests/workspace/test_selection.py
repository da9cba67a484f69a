"""What a run shall fetch: modes, people, ranges, limits; and a dry run that writes nothing."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.site import Demo
from rowkeeper.cli import run_command
from rowkeeper.core.errors import UsageError
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.run import transfer
from rowkeeper.workspace.selection import KINDS, select
from tests.fakes.internet import FakeInternet


@dataclass(frozen=True)
class Asset:
    row_id: str
    asset_kind: str


ASSETS = [
    Asset(row_id, kind) for row_id in ("7", "12", "12a", "40") for kind in ("video", "document")
]


@pytest.mark.parametrize(
    ("people", "taken"),
    [
        (None, {"7", "12", "12a", "40"}),
        ("12", {"12"}),
        ("12a, 7", {"12a", "7"}),
        ("10-39", {"12", "12a"}),
        ("7,40-60", {"7", "40"}),
        ("99", set()),
    ],
)
def test_people_are_row_ids_and_ranges_of_them(people: str | None, taken: set[str]) -> None:
    assert {asset.row_id for asset in select(people=people).of(ASSETS)} == taken


def test_a_mode_says_what_is_moved() -> None:
    assert select("full").of(ASSETS) == ASSETS
    assert {asset.asset_kind for asset in select("text").of(ASSETS)} == {"document"}
    assert select("basic").of(ASSETS) == []
    assert select("basic").moves_nothing
    assert not select("text").moves_nothing


@pytest.mark.parametrize(
    ("people", "taken"),
    [
        ("3", {"3.0"}),
        ("03, 5.0", {"3.0", "005"}),
        ("1-9", {"3.0", "005", "\uff17"}),
        ("1005", {"1,005"}),
        ("1000-1010", {"1,005"}),
    ],
)
def test_a_row_id_is_selected_however_it_is_written(people: str, taken: set[str]) -> None:
    assets = [Asset(row_id, "video") for row_id in ("3.0", "005", "1,005", "\uff17")]
    assert {asset.row_id for asset in select(people=people).of(assets)} == taken


@pytest.mark.parametrize("people", ["", " , ", "9-3"])
def test_what_names_nobody_is_refused(people: str) -> None:
    with pytest.raises(UsageError, match="--people"):
        select(people=people)


@given(first=st.integers(0, 10**6), length=st.integers(0, 10**6), number=st.integers(0, 10**7))
def test_a_range_has_both_its_ends(first: int, length: int, number: int) -> None:
    chosen = select(people=f"{first}-{first + length}").of([Asset(str(number), "video")])
    assert bool(chosen) == (first <= number <= first + length)


@given(st.text(max_size=20), st.sampled_from(sorted(KINDS)))
def test_any_text_is_a_selection_or_a_sentence(text: str, mode: str) -> None:
    with suppress(UsageError):
        assert set(select(mode, text).of(ASSETS)) <= set(ASSETS)


@pytest.mark.fresh
@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_run_does_what_its_options_say(
    engine: Target,
    demo: Demo,
    internet: FakeInternet,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unasked(*_: object, **__: object) -> None:
        pytest.fail("what moves nothing asks for nothing")

    def tried() -> set[tuple[str, str]]:
        with connect(engine) as warehouse:
            rows = warehouse.query(
                "select row_id, asset_kind from raw.asset_events "
                "where event_type in ('downloaded', 'download_failed')"
            )
        return {(row_id, kind) for row_id, kind in rows}

    assert run_command(["run", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "would be loaded" in said
    assert "known after the first load" in said
    assert list((tmp_path / "data").iterdir()) == []

    with monkeypatch.context() as patched:
        for name in ("pending_readings", "pending_uploads"):
            patched.setattr(transfer, name, unasked)
        assert run_command(["run", "--mode", "basic"]) == 0
    assert tried() == set()
    capsys.readouterr()
    assert run_command(["run", "--limit", "2", "--people", "1-8", "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"expected", "running", "finished"} <= {item["event"] for item in events}
    ended = [item for item in events if item["event"] in {"downloaded", "failed"}]
    assert 1 <= len({item["asset_id"] for item in ended}) <= 2
    assert 1 <= len(tried()) <= 2
    assert {int(row_id) for row_id, _ in tried()} <= set(range(1, 9))

    before = {path: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()}
    capsys.readouterr()
    assert run_command(["run", "--dry-run", "--mode", "text"]) == 0
    assert "Would fetch" in capsys.readouterr().out
    after = {path: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()}
    assert after == before

    assert run_command(["run", "--people", "9-3"]) == 2
