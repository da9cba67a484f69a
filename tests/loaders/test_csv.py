"""The legacy CSV: rows come back verbatim with their lines, and each bad file is refused whole."""

import gzip
from pathlib import Path

import pytest

from loaders.legacy_reading import column_names, load_legacy_csv, notices_of, read_file
from rowkeeper.core.csv.guard import guard
from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.core.errors import InputError
from tests.helpers.csv_files import COLUMNS, FILLED, HEADER, csv_text, write
from tests.helpers.samples import make_samples


def test_the_newest_sample_loads(tmp_path: Path) -> None:
    expected = make_samples(tmp_path)
    (file,) = load_legacy_csv([str(tmp_path / "output_21*.csv")])
    assert (file.encoding, file.line_end, file.header) == ("utf-8", "LF", COLUMNS)
    assert len(list(file.rows())) == expected["rows"]["output_21col.csv"]
    lines = (tmp_path / "output_21col.csv").read_text(encoding="utf-8").split("\n")
    assert all(lines[r.line - 1].startswith(r.cells[0] + ",") for r in file.rows())
    assert len({r.line for r in file.rows()}) == len(list(file.rows()))


def test_every_generation_is_known_by_its_header(tmp_path: Path) -> None:
    expected = make_samples(tmp_path)
    files = {file.path.name: file for file in load_legacy_csv([tmp_path])}
    assert {name: len(list(file.rows())) for name, file in files.items()} == expected["rows"]
    assert sorted(file.generation for file in files.values()) == [5, 7, 7, 8, 18, 21]
    for file in files.values():
        text = file.header_text + "".join(row.text for row in file.rows())
        assert text.encode(file.encoding) == file.path.read_bytes()


def test_rows_of_another_generation_are_read_as_what_they_are(tmp_path: Path) -> None:
    make_samples(tmp_path)
    file = read_file(tmp_path / "output_7col_shifted.csv")
    shifted = [row for row in file.rows() if row.generation == 5]
    assert len(shifted) == 31
    assert file.line_end == "mixed"
    assert shifted[0].values["row_id"] == "#"
    assert all("@" in row.values["email"] or row.values["email"] for row in shifted)


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_columns_of_each_generation(tmp_path: Path, generation: int, end: str) -> None:
    names = GENERATIONS[generation]
    record = [f"{number}" for number in range(generation)]
    text = end.join([",".join(names), ",".join(record), "", ",".join(record)]) + end
    file = read_file(write(tmp_path / "a.csv", text))
    assert file.generation == generation
    assert [dict(row.values) for row in file.rows()] == [
        dict(zip(names, record, strict=True)),
        dict.fromkeys(names, ""),
        dict(zip(names, record, strict=True)),
    ]
    assert [row.line for row in file.rows()] == [2, 3, 4]


def test_a_row_of_no_generation_is_kept(tmp_path: Path) -> None:
    text = f"{HEADER}\na,b,c\n{FILLED},extra\n{FILLED}\n"
    file = read_file(write(tmp_path / "a.csv", text))
    assert [(row.generation, len(row.cells)) for row in file.rows()] == [
        (None, 3),
        (None, 22),
        (21, 21),
    ]
    assert next(file.rows()).values == {}
    parted = f'row_id,name,email,type,link\n1, "Ash, Ann", a@b.c, T, {"x"}\n2,Bo,b@b.c,T,doc,x\n'
    rows = read_file(write(tmp_path / "b.csv", parted)).rows()
    assert [row.generation for row in rows] == [None, 6]


def test_a_header_by_other_names_is_mapped(tmp_path: Path) -> None:
    values = {"row_id": "1", "name": "A", "email": "b", "type": "c", "link": "d"}
    path = write(tmp_path / "a.csv", "Nr.,Full name,E-MAIL Address,Type ,URL\n1,A,b,c,d\n")
    assert next(read_file(path).rows()).values == values
    path = write(tmp_path / "b.csv", "Key,Whoever,E-MAIL,Type,Link\n1,A,b,c,d\n")
    with pytest.raises(InputError, match=r"'Key', 'Whoever'.*is name.*legacy_csv\.columns"):
        read_file(path)
    with pytest.raises(InputError, match=r"'Key', 'Whoever'.*is row_id.*legacy_csv\.columns"):
        read_file(path, {"name": "whoEVER"})
    (file,) = load_legacy_csv([path], {"name": "whoEVER", "row_id": "key"})
    assert next(file.rows()).values == values


def test_any_set_of_known_columns_is_a_generation(tmp_path: Path) -> None:
    tracking = ("youtube_status", "youtube_files", "youtube_media_id", "drive_status")
    more = ("drive_files", "drive_media_id", "last_download_attempt", "download_errors")
    columns = (*GENERATIONS[5], *tracking, *more)
    text = f"{','.join(columns)}\n{','.join(columns)}\n"
    file = read_file(write(tmp_path / "a.csv", text))
    assert (file.generation, next(file.rows()).generation) == (13, 13)
    assert next(file.rows()).values == dict(zip(columns, columns, strict=True))


def test_columns_that_nobody_knows_are_kept(tmp_path: Path) -> None:
    text = f"{HEADER},Mood,,Mood\n{FILLED},glad,x,y\n"
    file = read_file(write(tmp_path / "a.csv", text))
    assert (file.generation, file.unknown) == (21, ("Mood", "", "Mood"))
    row = next(file.rows())
    assert row.cells[21:] == ("glad", "x", "y")
    assert row.named[21:] == (("mood", "glad"), ("column_23", "x"), ("column_24", "y"))
    assert tuple(row.values) == COLUMNS
    assert "'Mood', '', 'Mood'" in notices_of(file)[0]


def test_a_file_that_may_end_within_a_cell_is_told(tmp_path: Path) -> None:
    whole = f"{HEADER}\n{FILLED}"
    said = [
        notices_of(read_file(write(tmp_path / "a.csv", whole + end))) for end in ("", "\n", "\r")
    ]
    assert ["without a line end" in "".join(notices) for notices in said] == [True, False, False]
    empty = "row_id,name,link\n1,Ann,"
    assert not notices_of(read_file(write(tmp_path / "b.csv", empty)))


def test_an_unknown_column_never_has_a_name_of_ours() -> None:
    names = column_names(("row_id", "Link", "URL", "URL"), ("row_id", "", "link", ""))
    assert names == ("row_id", "column_2", "link", "url")


def test_the_index_column_of_pandas_is_no_row_id(tmp_path: Path) -> None:
    file = read_file(write(tmp_path / "a.csv", f",{HEADER}\n0,{FILLED}\n"))
    assert next(file.rows()).values["row_id"] == "c0"
    bare = write(tmp_path / "b.csv", ",name,email\n0,Ann,ann@x.org\n")
    with pytest.raises(InputError, match=r"titles '', 'name', 'email', and none .* is row_id"):
        read_file(bare)


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("index", [(0, 1), (1, 2), (7, 3)])
def test_an_index_without_a_title_shifts_nobody(
    tmp_path: Path, generation: int, index: tuple[int, int]
) -> None:
    columns = GENERATIONS[generation]
    people = [{"row_id": "1", "name": "Ann"}, {"row_id": "2", "name": "Bo"}]
    rows = [
        [str(n), *(one.get(name, "") for name in columns)]
        for n, one in zip(index, people, strict=True)
    ]
    text = "\n".join(map(",".join, (columns, *rows)))
    with pytest.raises(InputError, match="give the index a title before the others on line 1"):
        read_file(write(tmp_path / "a.csv", text))
    if "row_id" not in columns:
        return
    titled = read_file(write(tmp_path / "b.csv", f"index,{text}\n"))
    assert [row.values["name"] for row in titled.rows()] == ["Ann", "Bo"]


def test_one_row_with_an_index_among_others_is_kept_apart(tmp_path: Path) -> None:
    columns = GENERATIONS[18]
    own, appended = f"1,Ann{',' * 16}", f"2,Bo{',' * 17}"
    text = "\n".join((",".join(columns), own, appended, f"0,3,Cy{',' * 16}", ""))
    rows = read_file(write(tmp_path / "a.csv", text)).rows()
    assert [row.generation for row in rows] == [18, 19, None]


def test_a_bomb_is_refused_in_a_sentence(tmp_path: Path) -> None:
    bomb = write(tmp_path / "a.csv.gz", gzip.compress(f"{HEADER}\n".encode() + bytes(9_000_000)))
    with pytest.raises(InputError, match=r"a\.csv\.gz holds more than 1000000 bytes.*max_bytes"):
        read_file(bomb, max_bytes=1_000_000)
    wide = write(tmp_path / "b.csv", f"{HEADER}\n{',' * 1_000_001}\n")
    with pytest.raises(InputError, match="more than 1000000 cells on line 2"):
        read_file(wide)


def test_a_guarded_file_reads_as_the_one_that_it_guards(tmp_path: Path) -> None:
    cells = ["=1", "'-", "-", "+a", "@x", "\tt", "'plain", "''=", ""] + ["c"] * 12
    plain = read_file(write(tmp_path / "a.csv", csv_text([list(COLUMNS), cells])))
    guarded = [guard(cell) for cell in cells]
    header = ["'" + COLUMNS[0], *COLUMNS[1:]]
    safe = read_file(write(tmp_path / "safe.csv", csv_text([header, guarded])))
    assert [row.cells for row in safe.rows()] == [row.cells for row in plain.rows()]
    assert next(safe.rows()).content_sha256 == next(plain.rows()).content_sha256


def test_a_record_over_lines_is_known_by_its_first(tmp_path: Path) -> None:
    long = f'"a\n\nb{"x" * 200_000}",' + ",".join("c" * 20)
    text = f"{HEADER}\n{long}\n\n{FILLED}\n{FILLED}"
    (file,) = load_legacy_csv([write(tmp_path / "a.csv", text)])
    assert [r.line for r in file.rows()] == [2, 5, 6, 7]
    assert [r.cells for r in file.rows()][1] == ()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (f"{HEADER}\n{FILLED}\nab\0c".encode(), "NUL byte on line 3"),
        (f"{HEADER}\n{FILLED}\na,b,c", "half a line: line 3 has 3 of 21"),
        (f'{HEADER}\n{FILLED}\na,"b', "record that starts on line 3.*never closed"),
        (f'{HEADER}\n"a"b,{FILLED}\n', "no valid CSV on line 2"),
        (f'{HEADER}\n"a\nb"c,{FILLED}\n', "no valid CSV on line 3 .* starts on line 2"),
        (HEADER.replace("row_id", "key") + "\n", "'key'.*none of them is row_id: .*row_id = .Code"),
        (f"{HEADER},name\n", "twice"),
        ("name;x,email,row_id\n", "none of them is name"),
        ("Vorname;Ort\n", "'Vorname', 'Ort'"),
        (HEADER.replace(",", ":") + "\n", "in one cell, separated by ':': .*commas"),
        (HEADER.replace(",", " ") + "\n", "separated by blanks"),
        (HEADER.replace(",", "\x1f") + "\n", r"separated by U\+001F"),
        (f'"{HEADER}"\n"{FILLED}"\n', "separated by commas: its lines stand in quotes as a whole"),
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
    for path in (tmp_path / "no.csv", tmp_path / "no*.csv", tmp_path / "no" / "*"):
        with pytest.raises(InputError, match=r"legacy_csv\.paths"):
            load_legacy_csv([path])


def test_the_same_file_counts_once(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        write(tmp_path / name, f"{HEADER}\n{FILLED}\n")
    write(tmp_path / "c.csv", f"{HEADER}\r\n{FILLED}\r\n")
    files = load_legacy_csv([tmp_path / "a.csv", str(tmp_path / "*.csv")])
    assert [(file.path.name, file.line_end) for file in files] == [
        ("b.csv", "LF"),
        ("c.csv", "CRLF"),
    ]


@pytest.mark.parametrize(
    ("data", "line_end"),
    [
        (f"{HEADER}\r\n{FILLED}", "CRLF"),
        (f"{HEADER}\r\n{FILLED}\r\n\n", "CRLF"),
        (f"{HEADER}\r{FILLED}\r", "CR"),
        (HEADER, "LF"),
    ],
)
def test_lines_that_say_something_have_the_line_end(
    tmp_path: Path, data: str, line_end: str
) -> None:
    file = read_file(write(tmp_path / "a.csv", data))
    assert file.line_end == line_end
    assert file.may_be_cut == data.endswith(FILLED)


@pytest.mark.parametrize(
    "above", ["\n", "\r\n \t\n", ",,,,\n", '"",""\n', "\nsep=;\n", "sep=;\n\n"]
)
def test_blank_lines_above_the_titles_are_kept_and_passed_over(tmp_path: Path, above: str) -> None:
    mark = ";" if "sep" in above else ","
    text = above + f"row_id{mark}name{mark}email{mark}type{mark}link\n1{mark}Ann{mark * 3}\n"
    file = read_file(write(tmp_path / "a.csv", text.encode()))
    assert (file.preamble, file.delimiter) == (above, mark)
    assert file.preamble + file.header_text + "".join(row.text for row in file.rows()) == text
    assert [(row.line, row.values["name"]) for row in file.rows()] == [
        (above.count("\n") + 2, "Ann")
    ]
    with pytest.raises(InputError, match="is empty"):
        read_file(write(tmp_path / "b.csv", b"\n \n"))
