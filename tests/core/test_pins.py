"""Golden values: what must never change, since what was written before goes by it."""

from pathlib import Path

import pytest

from downloaders.places import Places
from loaders.legacy_header import row_layout
from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.core.ids import NAMESPACE, asset_id
from tests.fakes.clients import request_for, settings_in
from tests.helpers.names import placed

IDS = {
    ("1", "youtube", "dQw4w9WgXcQ", "video"): "1bd8abab-c153-5156-9bf9-a50a08df1f2d",
    ("1", "youtube", "dQw4w9WgXcQ", "transcript"): "15e3ded1-b553-5c05-86a3-27f19b1138b7",
    ("a|b", "c", "d", "file"): "d7b44aa7-7dc5-5e7f-a7ef-f1b5575aea78",
    ("a", "b|c", "d", "file"): "81397991-b32a-537a-a1d9-4c47105524cc",
    ("a\\", "|b", "c", "file"): "65d94c57-3e68-5148-bef8-eafd899ba5b4",
    ("", "direct", "https://media.example.org/Ä?x=1|2", "file"): (
        "4bf5ce58-3ad9-534b-951e-b4c23a785701"
    ),
}


@pytest.mark.parametrize(("parts", "golden"), IDS.items())
def test_an_asset_has_the_id_that_it_always_had(
    parts: tuple[str, str, str, str], golden: str
) -> None:
    assert asset_id(*parts) == golden


def test_the_namespace_stays() -> None:
    assert str(NAMESPACE) == "6f0b6a1e-52f6-5c55-9d3f-0d6f1f6c7a10"


@pytest.mark.parametrize(
    ("width", "first", "header", "layout"),
    [
        (18, "7", 18, 18),  # of the header's width: the header's, whatever the first cell is
        (18, "Ann", 18, 18),
        (7, "Ann", 7, 7),  # the one generation that begins with a name
        (21, "7", 18, 21),  # another generation's row below an older header
        (18, " 7 ", 21, 18),
        (19, "Ann", 18, None),  # a cell too many, not another generation
        (19, "", 18, None),
        (18, "https://youtu.be/x", 19, None),
        (18, "F(S)", 21, None),
        (7, "7", 18, None),  # without a row id at its head, generation 7 is told by no row
        (20, "7", 21, None),
        (0, "", 21, 21),
    ],
)
def test_the_columns_of_a_row(width: int, first: str, header: int, layout: int | None) -> None:
    cells = (first, *["x"] * (width - 1)) if width else ()
    assert row_layout(cells, GENERATIONS[header]) == (GENERATIONS[layout] if layout else None)


@pytest.mark.parametrize(
    ("line", "layout"),
    [
        ("1,'Ash| Ann',a@x.org,FF,y", None),  # other quotes, and a comma in the name
        ("1,Ash, Ann,a@x.org,FF,y", None),
        ("1,Ann,a@x.org,FF,y,y", 6),
        ("1,Ann,,FF,y,y", 6),
        ("1,Ann,a@x.org b@x.org,FF @home,y,y", 6),
    ],
)
def test_a_row_whose_name_was_taken_apart_is_none_of_another_generation(
    line: str, layout: int | None
) -> None:
    cells = tuple(line.replace("|", ",").split(","))
    assert row_layout(cells, GENERATIONS[5]) == (GENERATIONS[layout] if layout else None)


def test_a_finished_file_that_was_changed_since_is_not_recovered(tmp_path: Path) -> None:
    settings, request = settings_in(tmp_path), request_for("drive", "file", "one")
    with Places(settings) as places:
        kept = placed(places, tmp_path, request, "the right bytes")
    with Places(settings) as places:
        recovered = places.recover(request)
        assert recovered is not None
        assert (recovered.path, recovered.sha256) == (kept.path, kept.sha256)
    kept.path.write_text("the wrong bytes", "utf-8")  # of the same size
    with Places(settings) as places:
        assert places.recover(request) is None
    assert kept.path.exists()
