"""Row ids that may be none: a count of rows, and numbers that may be thousands."""

from pathlib import Path

import pytest

from loaders.legacy_reading import load_legacy_csv
from loaders.sheet import load_sheet
from rowkeeper.core.errors import InputError


def sheet_of(folder: Path, *rows: str) -> str:
    path = folder / "sheet.csv"
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("first", "title", "codes", "is_asked"),
    [
        (0, "Kundennr", ("41", "42"), True),
        (1, "Kundennr", ("41", "42"), True),
        (0, "Who", ("A-41", "A-42"), True),
        (1, "Age", ("41", "42"), False),
        (0, "Kundennr", ("41", "41"), False),
        (0, "Kundennr", ("41", ""), False),
        (5, "Kundennr", ("41", "42"), False),
    ],
)
def test_a_count_of_rows_beside_ids_is_asked_about(
    tmp_path: Path, first: int, title: str, codes: tuple[str, str], is_asked: bool
) -> None:
    rows = (f"{first},{codes[0]},Ann", f"{first + 1},{codes[1]},Bo")
    source = sheet_of(tmp_path, f",{title},Name", *rows)
    if not is_asked:
        assert load_sheet(source).rows[1].values["row_id"] == str(first)
        return
    with pytest.raises(InputError, match=f"column '{title}' may be the row ids: name it"):
        load_sheet(source)
    assert load_sheet(source, columns={"row_id": title}).rows[1].values["row_id"] == codes[0]
    source = sheet_of(tmp_path, f"#,{title},Name", *rows)
    assert load_sheet(source).rows[1].values["row_id"] == str(first)


@pytest.mark.parametrize("mark", [".", ","])
def test_ids_that_may_be_thousands_or_not_are_asked_about(tmp_path: Path, mark: str) -> None:
    ids = [f'"{number}{mark}000"' for number in (1, 2)]
    said = rf"row ids that may be thousands.*: 1\{mark}000, 2\{mark}000\."
    source = sheet_of(tmp_path, "#,Name,Email,Type,Link", *(f"{i},Ann,,," for i in ids))
    with pytest.raises(InputError, match=said):
        load_sheet(source)
    source = sheet_of(tmp_path, "row_id,name,email,type,link", *(f"{i},Ann,,," for i in ids))
    with pytest.raises(InputError, match=said):
        load_legacy_csv([source])
    source = sheet_of(tmp_path, "#,Name", *(f"{i},Ann" for i in (*ids, 3)))
    assert len(load_sheet(source).rows) == 4
