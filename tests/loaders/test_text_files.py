"""Text files as other programs save them: encodings, separators, bombs."""

import gzip
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.text_files import Decoded, Dialect, decode, dialect, read_bytes
from rowkeeper.core.errors import InputError

PLACE = Path("some.csv")
TITLES = {"row_id", "name", "email"}


def known(cells: Sequence[str]) -> int:
    return len(TITLES & set(cells))


def rebuilt(decoded: Decoded) -> bytes:
    """The bytes that a decoded file was made of."""
    mark = b"\xef\xbb\xbf" if decoded.encoding == "utf-8-sig" else b""
    plain = "utf-8" if mark else decoded.encoding
    lines = decoded.text.encode(plain).splitlines(keepends=True)
    return mark + b"".join(decoded.strays.get(number, line) for number, line in enumerate(lines, 1))


def test_a_line_that_is_not_utf_8_is_read_alone() -> None:
    good = "Björn,Łucja\n".encode()
    decoded = decode(PLACE, good * 5 + "J\xf6rg\n".encode("cp1252") + good)
    assert (decoded.encoding, list(decoded.strays)) == ("utf-8", [6])
    assert decoded.text.split("\n")[4:7] == ["Björn,Łucja", "Jörg", "Björn,Łucja"]
    assert decoded.notice == "is UTF-8 but for line 6, read as cp1252, which is a guess"


def test_a_file_of_another_encoding_is_said_to_be_guessed() -> None:
    data = "Zażółć\nŁódź\n".encode("cp1250")
    assert decode(PLACE, data, "cp1250").text == "Zażółć\nŁódź\n"
    decoded = decode(PLACE, data)
    assert (decoded.encoding, decoded.strays) == ("cp1252", {})
    assert decoded.notice == "is not UTF-8 on lines 1, 2 and was read as cp1252, which is a guess"
    assert decode(PLACE, b"\x81\n").encoding == "latin-1"
    many = decode(PLACE, b"\xe9\n" * 9).notice
    assert "lines 1, 2, 3, 4, 5 and 4 more" in many


@pytest.mark.parametrize(
    ("encoding", "mark", "notice"),
    [
        ("utf-8", b"", False),
        ("utf-8-sig", b"", False),
        ("utf-16", b"", False),
        ("utf-16-be", b"\xfe\xff", False),
        ("utf-16-be", b"", True),
        ("utf-16-le", b"", True),
    ],
)
def test_unicode_with_and_without_its_mark(encoding: str, mark: bytes, notice: bool) -> None:
    data = mark + "row_id,name\n1,Łucja 🌻\n".encode(encoding)
    decoded = decode(PLACE, data)
    assert decoded.text.removeprefix("\ufeff") == "row_id,name\n1,Łucja 🌻\n"
    assert rebuilt(decoded) == data
    assert ("UTF-16" in decoded.notice) == notice


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("row_id\n".encode("utf-32"), "UTF-32"),
        (b"\xff\xfer\0o\0w", "UTF-16 and damaged"),
        (b"row_id,name\n1,A\0nn\n", "NUL byte on line 2"),
    ],
)
def test_what_is_no_text_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        decode(PLACE, data)


@given(st.binary(max_size=200).filter(lambda data: b"\0" not in data))
def test_bytes_come_back(data: bytes) -> None:
    try:
        decoded = decode(PLACE, data)
    except InputError:
        return
    assert rebuilt(decoded) == data


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("row_id,name,email\n", Dialect()),
        ("row_id;name;email\n1;A,B,C,D;x\n", Dialect(";")),
        ("row_id\tname\n", Dialect("\t")),
        ('"row_id"|"name"\r\n', Dialect("|")),
        ("sep=;\r\nrow_id;name\r\n", Dialect(";", "sep=;\r\n")),
        ('"sep=,"\nrow_id,name\n', Dialect(",", '"sep=,"\n')),
        ("sep=:\nrow_id:name\n", Dialect(":", "sep=:\n")),
        ("name\nAnn\n", Dialect()),
        ("Kennung;Vorname\n", Dialect(";")),
        ("", Dialect()),
    ],
)
def test_separators(text: str, wanted: Dialect) -> None:
    assert dialect(PLACE, text, known) == wanted


def test_a_header_below_other_lines() -> None:
    assert dialect(PLACE, "List of, well, people\n\nrow_id;name\n", known, 5).delimiter == ";"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("row_id,name;email\n", "comma or semicolon"),
        ("sep=,\nrow_id;name\n", "'sep=,'.*separated by semicolons"),
    ],
)
def test_separators_that_leave_doubts_are_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        dialect(PLACE, text, known)


def test_a_packed_file_is_unpacked_within_bounds(tmp_path: Path) -> None:
    path = tmp_path / "many.csv.gz"
    path.write_bytes(gzip.compress(b"one\n") + gzip.compress(b"two\n") + b"\0\0")
    assert read_bytes(path, 100, "x") == b"one\ntwo\n"
    path.write_bytes(gzip.compress(bytes(10_000_000)))
    with pytest.raises(InputError, match=r"more than 1000000 bytes.*raise legacy_csv\.max_bytes"):
        read_bytes(path, 1_000_000, "legacy_csv.max_bytes")
    path.write_bytes(gzip.compress(b"one\n" * 1000)[:-9])
    with pytest.raises(InputError, match="unpacked"):
        read_bytes(path, 1_000_000, "x")
    plain = tmp_path / "large.csv"
    plain.write_bytes(b"x" * 11)
    with pytest.raises(InputError, match="more than 10 bytes"):
        read_bytes(plain, 10, "x")
