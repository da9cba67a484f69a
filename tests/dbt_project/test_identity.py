"""The same person, written otherwise, and files of other programs: from load to export."""

import unicodedata
from pathlib import Path

import pytest

from loaders.pipeline import ingest
from rowkeeper.core.ids import asset_id
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Row, Target, connect
from rowkeeper.migration.export.export import export_csv
from rowkeeper.migration.reconcile.reconcile import reconcile
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context

TYPE = "MF-Si/Fe-CS/P(B) #3"
PEOPLE = [
    ("3", "Cara Coal", "cara@x.org"),
    ("004", "Dirk Dune", "dirk@x.org"),
    ("1,005", "Eva Elm", "eva@x.org"),
    ("11", "Ivy Ink", "ivy@x.org"),
    ("6", "José Núñez", "jose@x.org"),
    ("7", "Anna Maria Beispiel", "anna@x.org"),
    ("8", "Zoë Eight", "zoe@x.org"),
    ("08", "Other Eight", "other@x.org"),
]
LEGACY = [
    ("3.0", "Cara Coal", "cara@x.org"),
    ("4", "Dirk Dune", "dirk@x.org"),
    ("1005", "Eva Elm", "eva@x.org"),
    ("\uff11\uff11", "Ivy Ink", "ivy@x.org"),
    ("6", unicodedata.normalize("NFD", "José Núñez"), "jose@x.org"),
    ("7", "AnnaMaria Beispiel", "anna@x.org"),
    ("9.0", "Nina Nine", "nina@x.org"),
    ("8.0", "Somebody Else", "else@x.org"),
]
ODD = (
    b"sep=;\r\nNr.;Mood;Name;E-mail;Type;Link\r\n"
    + f"21;glad;Bj\u00f6rn \u0141uk;b@x.org;{TYPE};\r\n".encode()
    + f"22;sad;J\u00f6rg Ulm;j@x.org;{TYPE};https://youtu.be/oddVideo022\r\n".encode("cp1252")
)
OWNERS = ["3", "004", "1,005", "11", "6", "7", "9", ""]
CONTENT = """
select links.media_id, content.row_id from raw.links as links
inner join {schema}.person_content as content on links.asset_id = cast(content.asset_id as text)
where links.asset_kind = 'video' and links.source = 'legacy_csv' and links.column_name = 'link'
"""


def video(number: int) -> str:
    return f"legacyVd{number:03}"


def rows_of(target: Target, sql: str) -> list[Row]:
    with connect(target) as warehouse:
        return sorted(warehouse.query(sql.format(schema=target.schema)), key=str)


@pytest.fixture
def written(engine: Target, tmp_path: Path) -> Context:
    """A sheet and a legacy CSV that spell the same people otherwise."""
    sheet = ["#,Name,Email,Type"]
    sheet += [f'"{row_id}",{name},{email},{TYPE}' for row_id, name, email in PEOPLE]
    legacy = ["row_id,name,email,type,link"]
    legacy += [
        f'"{row_id}",{name},{email},{TYPE},https://youtu.be/{video(number)}'
        for number, (row_id, name, email) in enumerate(LEGACY)
    ]
    for name, lines in (("sheet.csv", sheet), ("old.csv", legacy)):
        (tmp_path / name).write_text("\n".join(lines) + "\n", "utf-8")
    (tmp_path / "odd.csv").write_bytes(ODD)
    flags = {
        "sheet.source": str(tmp_path / "sheet.csv"),
        "legacy_csv.paths": [str(tmp_path / "old.csv"), str(tmp_path / "odd.csv")],
    }
    return Context(load_settings(flags), engine)


def test_ids_and_names_in_other_spellings_are_one_person(engine: Target, written: Context) -> None:
    ingest(written.settings, engine)
    build(written)
    owners = {video(number): owner for number, owner in enumerate(OWNERS) if owner}
    owners["oddVideo022"] = "22"
    assert dict(rows_of(engine, CONTENT)) == owners
    people = rows_of(engine, "select row_id, name from {schema}.people where in_sheet")
    assert people == sorted(((row_id, name) for row_id, name, _ in PEOPLE[:-1]), key=str)
    away = "select row_id, name from {schema}.people where not in_sheet"
    odd = [("21", "Björn Łuk"), ("22", "Jörg Ulm")]
    assert rows_of(engine, away) == [*odd, ("9", "Nina Nine")]
    reasons: dict[str, str] = dict(rows_of(engine, "select name, reason from {schema}.quarantine"))
    twice = "row id 8 (written 08) stands in row 8 and again, with other content, in row 9"
    assert reasons["Other Eight"] == twice
    other = "row id 8 (written 8.0) is another person in the newest sheet: Zoë Eight"
    assert reasons["Somebody Else"] == other

    report = reconcile(written)
    assert report.complete
    notices = {file.file: (file.unknown_columns, file.notice) for file in report.files}
    assert notices["odd.csv"][0] == {"Mood": 2}
    assert "line 4, read as cp1252" in notices["odd.csv"][1]
    assert export_csv(written, wanted="odd.csv").export.data.startswith(ODD)


def test_what_an_earlier_version_loaded_is_read_by_todays_rules(
    engine: Target, written: Context
) -> None:
    ingest(written.settings, engine)
    with connect(engine) as warehouse:  # as it was: each spelling an id of its own, no keys
        for number, (row_id, *_) in enumerate(LEGACY):
            for kind in ("video", "transcript"):
                wrong = asset_id(row_id, "youtube", video(number), kind)
                warehouse.execute(
                    "update raw.links set row_id = ?, asset_id = ? where media_id = ? "
                    "and asset_kind = ?",
                    [row_id, wrong, video(number), kind],
                )
        warehouse.execute("drop table raw.row_keys")
    build(written)  # a build before the next load compares by the texts alone
    assert {"3", "3.0"} <= {row[0] for row in rows_of(engine, "select row_id from {schema}.people")}
    assert not ingest(written.settings, engine).changed
    build(written)
    owners = {video(number): owner for number, owner in enumerate(OWNERS) if owner}
    owners["oddVideo022"] = "22"
    owners[video(6)] = "9.0"  # its assets have their ids already
    assert dict(rows_of(engine, CONTENT)) == owners
    video_of_3 = asset_id("3", "youtube", video(0), "video")
    assert (video_of_3,) in rows_of(engine, "select asset_id from {schema}.person_content")


def test_of_several_rows_of_a_person_people_and_history_tell_the_same(
    engine: Target, tmp_path: Path
) -> None:
    """A row without an id stands twice beside the one that has it, above it and below."""
    sheet, link = tmp_path / "sheet.csv", "https://youtu.be/oneVideo001"
    lines = [
        f",ANNA BERG,a@x.org,other,{link}",
        f"1,Anna Berg,a@x.org,{TYPE},{link}",
        f",anna berg,a@x.org,third,{link}",
    ]
    for order in (lines, lines[::-1]):
        sheet.write_text("\n".join(["#,Name,Email,Type,Link", *order]) + "\n", "utf-8")
        context = Context(load_settings({"sheet.source": str(sheet)}), engine)
        ingest(context.settings, engine)
        build(context)
        used = "select count(*) from {schema}.row_fates where disposition = 'used'"
        assert rows_of(engine, used) == [(3,)]
        for table in ("people", "people_history"):
            sql = f"select name, personality_type from {{schema}}.{table}"
            assert rows_of(engine, sql) == [("Anna Berg", TYPE)]
