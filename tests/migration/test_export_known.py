"""What the way back keeps of the file it starts from, of other files and of the old system."""

import json
from dataclasses import replace

from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.migration.export.base import Base, BaseRow, Person
from rowkeeper.migration.export.known import filled_in
from rowkeeper.migration.export.table import export, new_row
from rowkeeper.migration.export.tracking import AssetState, tracking_cells

ANN = Person("1", "Ann", "a@x.org", "MF", None, in_sheet=True)
VIDEO = AssetState(
    asset_id="a1",
    provider="youtube",
    media_id="abcdefghijk",
    kind="video",
    url="https://www.youtube.com/watch?v=abcdefghijk",
    download_status="completed",
    upload_status="completed",
    verdict=None,
    error_message=None,
    filename=None,
    object_key="people/1/a1.mp4",
    object_uuid="new",
    is_live=False,
    attempted_at=None,
)
FAILED = replace(VIDEO, download_status="failed", upload_status="", verdict="permanent")


def exported(*rows: str, person: Person = ANN) -> list[str]:
    columns = GENERATIONS[5]
    made = tuple(BaseRow(f"{row}\n", "1", "", columns) for row in rows)
    base = Base(",".join(columns) + "\n", "utf-8", "LF", columns, made)
    return export(base, [person], known={}).data.decode().splitlines()[1:]


def tracked(*states: AssetState, **row: str) -> dict[str, str]:
    return tracking_cells(states, {**dict.fromkeys(GENERATIONS[21], ""), **row})


def test_objects_of_other_files_are_added_to_those_that_stand() -> None:
    cells = {"file_uuids": '{"a": "1"}', "s3_paths": "", "processed": "yes"}
    known = {
        "file_uuids": ['{"a": "9", "b": "2"}', '{"b": "8", "c": "3"}'],
        "s3_paths": ['{"1": "key"}'],
        "processed": ["no"],
    }
    filled = filled_in(cells, known, frozenset())
    assert {name: json.loads(cell) for name, cell in filled.items()} == {
        "file_uuids": {"a": "1", "b": "2", "c": "3"},
        "s3_paths": {"1": "key"},
    }


def test_of_two_rows_of_a_person_the_last_stays() -> None:
    rows = [f"1,Ann,a@x.org,MF,https://example.org/{number}" for number in (1, 2)]
    assert exported(*rows) == rows[1:]


def test_a_blank_of_the_sheet_empties_nothing() -> None:
    blank = replace(ANN, email="", type="-", link=None)
    assert exported("1,Ann,a@x.org,MF,https://example.org/", person=blank) == [
        "1,Ann,a@x.org,MF,https://example.org/"
    ]


def test_a_side_has_failed_for_good_only_if_all_of_it_has() -> None:
    busy = replace(FAILED, media_id="zzzzzzzzzzz", verdict="retry")
    assert tracked(FAILED, busy, permanent_failure="youtube")["permanent_failure"] == ""
    assert tracked(FAILED, replace(busy, verdict="permanent"))["permanent_failure"] == "youtube"


def test_an_object_that_stands_is_not_replaced_by_a_claim() -> None:
    old = {"file_uuids": '{"YouTube: abcdefghijk": "u"}', "s3_paths": '{"u": "files/u.mp4"}'}
    assert not {"file_uuids", "s3_paths"} & tracked(VIDEO, **old).keys()
    live = tracked(replace(VIDEO, is_live=True), **old)
    assert json.loads(live["file_uuids"]) == {"YouTube: abcdefghijk": "new"}


def test_a_name_that_stands_among_others_is_not_said_twice() -> None:
    for cell in ("['abcdefghijk.mp4', 'b.mp4']", "b.mp4; abcdefghijk.mp4", "x/abcdefghijk.mp4"):
        assert "youtube_files" not in tracked(VIDEO, youtube_files=cell), cell
    for cell in ("aabcdefghijk.mp4", "a abcdefghijk.mp4", "abcdefghijk.mp4.part"):
        listed = tracked(VIDEO, youtube_files=cell)["youtube_files"]
        assert listed == f"{cell},abcdefghijk.mp4"
    cells = tracked(VIDEO, youtube_files="b.mp4")
    assert cells["youtube_files"] == "b.mp4,abcdefghijk.mp4"


def test_what_another_row_of_the_person_says_is_not_said_again() -> None:
    cells = {"type": "", "processed": ""}
    known = {"type": ["MF"], "processed": ["yes"]}
    assert filled_in(cells, known, frozenset({"type"})) == {"processed": "yes"}


def test_a_row_of_an_older_generation_grows_for_what_others_know() -> None:
    columns = GENERATIONS[8]
    old = BaseRow("1,Ann,a@x.org,MF,https://example.org/\n", "1", "", GENERATIONS[5])
    base = Base(",".join(columns) + "\n", "utf-8", "LF", columns, (old,))
    made = export(base, [ANN], known={"1": {"processed": ["yes"]}}).data.decode().splitlines()
    assert made[1:] == ["1,Ann,a@x.org,MF,https://example.org/,,yes,"]


def test_a_new_row_is_processed_when_nothing_is_pending() -> None:
    pending = replace(VIDEO, asset_id="a2", media_id="zzzzzzzzzzz", download_status="pending")
    for assets, word in (((VIDEO,), "yes"), ((VIDEO, pending), ""), ((), "")):
        cells = new_row(replace(ANN, assets=assets), GENERATIONS[21])
        assert cells["processed"] == word, assets
