"""Legacy CSVs as other programs save them: encodings, separators, packed files."""

import gzip
import hashlib
from pathlib import Path

import pytest

from loaders.legacy_reading import load_legacy_csv, notices_of, read_file
from rowkeeper.core.errors import InputError
from tests.helpers.csv_files import COLUMNS, FILLED, HEADER, write


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
        ("latin-1", "latin-1"),
    ],
)
def test_other_encodings(tmp_path: Path, encoding: str, name: str) -> None:
    word = "caf\xe9\x81" if encoding == "latin-1" else "café"
    data = f"row_id,name,email,type,link\n1,{word},a,b,c\n".encode(encoding)
    file = read_file(write(tmp_path / "a.csv", data))
    assert (file.encoding, next(file.rows()).values["name"]) == (name, word)


def test_a_packed_file_in_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "old" / "deep"
    folder.mkdir(parents=True)
    data = f"{HEADER}\n{FILLED}\n".encode()
    write(folder / "a.csv.gz", gzip.compress(data, mtime=1_750_000_000))
    (file,) = load_legacy_csv([tmp_path / "old"])
    assert file.modified_at.isoformat() == "2025-06-15T15:06:40+00:00"
    assert file.file_sha256 == hashlib.sha256(data).hexdigest()
    write(folder / "b.csv.gz", gzip.compress(data)[:-9])
    with pytest.raises(InputError, match=r"b\.csv\.gz can't be unpacked"):
        load_legacy_csv([tmp_path / "old"])


@pytest.mark.parametrize("mark", [";", "\t", "|", ","])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-16-le"])
@pytest.mark.parametrize("preamble", ["", "sep="])
def test_files_that_other_programs_saved_again(
    tmp_path: Path, mark: str, encoding: str, preamble: str
) -> None:
    first = f"{preamble}{mark}\r\n" if preamble else ""
    text = first + f'{mark.join(COLUMNS)}\r\n1{mark}"A{mark}B"{mark * 19}\r\n'
    file = read_file(write(tmp_path / "a.tsv", text.encode(encoding)))
    assert (file.delimiter, file.preamble, file.generation) == (mark, first, 21)
    row = next(file.rows())
    assert (row.values["row_id"], row.values["name"]) == ("1", f"A{mark}B")
    assert row.line == (3 if preamble else 2)
    assert any("UTF-16" in notice for notice in notices_of(file)) == ("16-" in encoding)


def test_a_line_that_is_not_utf_8_is_read_alone_and_told(tmp_path: Path) -> None:
    rows = "".join(f"{number},Björn Łuk,b@x.org,T,\n" for number in range(1, 6)).encode()
    stray = b"6,J\xf6rg,j@x.org,T,\n"
    data = b"row_id,name,email,type,link\n" + rows + stray
    file = read_file(write(tmp_path / "a.csv", data))
    assert [row.values["name"] for row in file.rows()] == ["Björn Łuk"] * 5 + ["Jörg"]
    assert [row.data for row in file.rows()] == [None] * 5 + [
        "6,J\xf6rg,j@x.org,T,\n".encode("latin-1")
    ]
    assert "but for line 7, read as cp1252" in notices_of(file)[0]
    other = read_file(write(tmp_path / "b.csv", data), fallback="cp1250")
    assert list(other.rows())[5].values["name"] == "Jörg"
