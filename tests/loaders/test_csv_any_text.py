"""Any text as a legacy CSV: it is refused in words or read whole."""

import csv
import io
import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders.legacy_reading import load_legacy_csv, read_file
from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.core.errors import InputError
from tests.helpers.csv_files import COLUMNS, write

PIECES = st.one_of(
    st.sampled_from(['"', ",", "\n", "\r\n", "\r", "a", "1", "é", "#", "'", "=", " ", "\ufeff"]),
    st.text(max_size=3),
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    header=st.sampled_from(sorted(GENERATIONS)),
    pieces=st.lists(PIECES, max_size=60),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_text_is_refused_in_words_or_read_whole(
    tmp_path: Path, header: int, pieces: list[str], encoding: str
) -> None:
    text = ",".join(GENERATIONS[header]) + "\n" + "".join(pieces)
    data = text.encode(encoding, "replace")
    path = write(tmp_path / "a.csv", data)
    try:
        file = read_file(path)
    except InputError as error:
        said = str(error)
    else:
        whole = file.preamble + file.header_text + "".join(row.text for row in file.rows())
        assert whole.encode(file.encoding) == data
        return
    assert "\n" not in said
    assert str(path) in said


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
    assert [list(r.cells) for r in file.rows()] == rows
    assert [json.loads(r.cells_json) for r in file.rows()] == rows
    assert file.line_end == {"\n": "LF", "\r\n": "CRLF"}[end]
    assert file.encoding == ("utf-8-sig" if mark else "utf-8")
