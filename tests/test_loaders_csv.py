"""The legacy CSV: rows come back verbatim with their lines, and each bad file is refused whole."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders.legacy_csv import COLUMNS, load_legacy_csv
from rowkeeper.errors import InputError
from tests.samples import make_samples

HEADER = ",".join(COLUMNS)
FILLED = ",".join(f"c{i}" for i in range(21))


def write(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_the_newest_sample_loads(tmp_path: Path) -> None:
    expected = make_samples(tmp_path)
    (file,) = load_legacy_csv([str(tmp_path / "output_21*.csv")])
    assert (file.encoding, file.line_end, file.header) == ("utf-8", "LF", COLUMNS)
    assert len(file.rows) == expected["rows"]["output_21col.csv"]
    lines = (tmp_path / "output_21col.csv").read_text(encoding="utf-8").split("\n")
    assert all(lines[r.line - 1].startswith(r.cells[0] + ",") for r in file.rows)
    assert len({r.line for r in file.rows}) == len(file.rows)


@pytest.mark.parametrize("name", ["output_7col.csv", "output_18col.csv", "basic_5col.csv"])
def test_older_generations_are_refused_by_their_columns(tmp_path: Path, name: str) -> None:
    make_samples(tmp_path)
    with pytest.raises(InputError, match=rf"{name} has not the 21 columns on line 1 .*missing: "):
        load_legacy_csv([tmp_path / name])


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELL, min_size=21, max_size=21), max_size=5),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
)
def test_any_row_comes_back_verbatim(
    tmp_path: Path, rows: list[list[str]], end: str, mark: bytes
) -> None:
    text = io.StringIO(newline="")
    if end == "\r\n":
        writer = csv.writer(text, lineterminator=end)
    else:  # Python 3.11 forgets to quote a lone CR before an LF
        writer = csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    (file,) = load_legacy_csv([write(tmp_path / "a.csv", mark + text.getvalue().encode())])
    assert [list(r.cells) for r in file.rows] == rows
    assert [json.loads(r.cells_json) for r in file.rows] == rows
    assert file.line_end == {"\n": "LF", "\r\n": "CRLF"}[end]
    assert file.encoding == ("utf-8-sig" if mark else "utf-8")


def test_a_record_over_lines_is_known_by_its_first(tmp_path: Path) -> None:
    long = f'"a\n\nb{"x" * 200_000}",' + ",".join("c" * 20)
    text = f"{HEADER}\n{long}\n\n{FILLED}\n{FILLED}"
    (file,) = load_legacy_csv([write(tmp_path / "a.csv", text)])
    assert [r.line for r in file.rows] == [2, 6, 7]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (f"{HEADER}\n{FILLED}\nab\0c".encode(), "NUL byte on line 3"),
        (f"{HEADER}\n".encode() + b"caf\xe9", r"not UTF-8 on line 2 \(byte "),
        (HEADER.encode("utf-16"), "UTF-16"),
        (f"{HEADER}\n{FILLED}\na,b,c", "half a line: line 3 has 3 of 21"),
        (f'{HEADER}\n{FILLED}\na,"b', "record that starts on line 3.*never closed"),
        (f"{HEADER}\na,b\n{FILLED}\n", "2 fields on line 2, expected 21"),
        (f"{HEADER}\n{FILLED},extra\n", "22 fields on line 2, expected 21"),
        (f"{HEADER}\na,b\n", "2 fields on line 2, expected 21"),
        (f'{HEADER}\n"a"b,{FILLED}\n', "no valid CSV on line 2"),
        (f"{HEADER},more\n", "unknown: 'more'; known: row_id"),
        (HEADER.replace("row_id", "#") + "\n", "unknown: '#'; missing: row_id"),
        (",".join(reversed(COLUMNS)) + "\n", "another order"),
    ],
)
def test_a_bad_file_says_what_and_where(tmp_path: Path, data: str | bytes, reason: str) -> None:
    good = write(tmp_path / "good.csv", f"{HEADER}\n{FILLED}\n")
    bad = write(tmp_path / "bad.csv", data)
    with pytest.raises(InputError, match=reason) as caught:
        load_legacy_csv([good, bad])
    assert str(bad) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    for path in (tmp_path / "no.csv", tmp_path / "no*.csv", tmp_path):
        with pytest.raises(InputError, match=r"legacy_csv\.paths"):
            load_legacy_csv([path])


def test_the_same_file_counts_once(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        write(tmp_path / name, f"{HEADER}\n{FILLED}\n")
    write(tmp_path / "c.csv", f"{HEADER}\r\n{FILLED}\r\n")
    found = load_legacy_csv([tmp_path / "a.csv", str(tmp_path / "*.csv")])
    assert [(file.path.name, file.line_end) for file in found] == [
        ("b.csv", "LF"),
        ("c.csv", "CRLF"),
    ]
