"""A load holds some of its rows in memory, however many it has."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loaders.batches import BATCH, Batches, no_rows
from loaders.legacy_reading import load_legacy_csv
from loaders.row_keys import RowIds
from loaders.schemas import SCHEMAS
from loaders.tables import add_legacy_file
from rowkeeper.core.errors import InputError
from rowkeeper.core.links.text import find_links

HEADER = "row_id,name,email,type,link\n"
HOSTS = ("youtube.com", "www.youtube.com", "youtu.be", "drive.google.com", "docs.google.com")


def test_rows_come_out_as_they_went_in_again_and_again(tmp_path: Path) -> None:
    given_rows = [{"row_key": str(number), "row_id": None} for number in range(2 * BATCH + 1)]
    rows = Batches("row_keys", given_rows, tmp_path)
    (batch,) = Batches("row_keys", [{"row_key": "last", "name_key": "x"}]).arrow()
    assert next(iter(rows))["row_key"] == "0"  # some are read before the last comes
    rows.add_batch(batch.select(["name_key", "row_key"]).to_batches()[0])
    assert len(rows) == len(given_rows) + 1
    assert [len(table) for table in rows.arrow()] == [BATCH, BATCH, 1, 1]
    for _ in range(2):
        keys = [row["row_key"] for row in rows]
        assert keys == [*(row["row_key"] for row in given_rows), "last"]
    assert all(table.schema == SCHEMAS["row_keys"] for table in rows.arrow())
    assert list(rows)[-1] == dict.fromkeys(SCHEMAS["row_keys"].names) | {
        "row_key": "last",
        "name_key": "x",
    }
    assert not list(tmp_path.iterdir())


def test_the_memory_of_a_load_does_not_grow_with_its_rows(tmp_path: Path) -> None:
    peaks = []
    for count in (2 * BATCH, 8 * BATCH):
        path = tmp_path / f"{count}.csv"
        path.write_text(
            HEADER + "".join(f"{n},N{n},,,https://youtu.be/x{n}\n" for n in range(count))
        )
        tracemalloc.start()
        rows = no_rows(tmp_path)
        for file in load_legacy_csv([path]):
            add_legacy_file(rows, file, RowIds())
        peaks.append(tracemalloc.get_traced_memory()[1] - 2 * path.stat().st_size)
        tracemalloc.stop()
        assert len(rows["legacy_csv_rows"]) == count
    assert peaks[1] < 1.5 * peaks[0]


def test_a_file_that_changes_before_it_is_loaded_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_text(f"{HEADER}1,Ann,,,\n")
    (file,) = load_legacy_csv([path])
    path.write_text(f"{HEADER}1,Bob,,,\n")
    with pytest.raises(InputError, match="was changed while it was read"):
        add_legacy_file(no_rows(), file, RowIds())


@given(st.sampled_from(HOSTS), st.text("abAZ09_-/?=&", max_size=30))
@example("docs.google.com", "/_x000b_1")
@example("youtu.be", "&a=1")
def test_a_cell_that_is_a_link_says_what_it_says_before_a_blank(host: str, rest: str) -> None:
    link = f"https://{host}{rest}"
    assert find_links(link) == find_links(f"{link} ")
