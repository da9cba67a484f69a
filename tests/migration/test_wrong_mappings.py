"""Legacy CSVs as teams have them, in which one row could pass for another person's."""

from pathlib import Path

import pytest

from loaders.pipeline import ingest
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.migration.adopt_files import adopt_files
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.helpers.csv_files import write
from tests.helpers.warehouses import rows_of

SHEET = """row_id,name,email,type,link
1,Anna Nagy,anna@x.org,FF-Fi/Se-CP/B(S) #4,https://youtu.be/aaaaaaaaaa1
2,Ben Tamm,-,FF-Fi/Se-CP/B(S) #4,https://youtu.be/aaaaaaaaaa2
3,Cleo Vogt,cleo@x.org,T,https://drive.google.com/file/d/1CleoCleoCleoCleoCleoCleoCleoCleo/view
"""
FIVE = "row_id,name,email,type,link"
ERRORS = f"""{FIVE}
nan,nan,nan,nan,nan
#REF!,Moe May,moe@x.org,T,https://youtu.be/aaaaaaaaaa3
None,Lou Lee,lou@x.org,T,https://youtu.be/aaaaaaaaaa4
2,Ben Other,N/A,T,https://youtu.be/aaaaaaaaaa5
10,#N/A,ten@x.org,T,https://youtu.be/aaaaaaaaaa6
11,nan,eleven@x.org,T,https://youtu.be/aaaaaaaaaa7
12,Nan,nan@x.org,T,https://youtu.be/aaaaaaaaaa8
"""
APPENDED = """ID,Name,Email,Type,Link
1,Anna Nagy,anna@x.org,T,https://youtu.be/aaaaaaaaaa1
\ufeffID;Name
ID,Name,E-Mail,Type,Link
\ufeffId,Name,Email,Type,Links
13,Kim Kay,kim@x.org,T,https://youtu.be/aaaaaaaaaa9
"""
FILES = """row_id,name,email,type,google_drive,drive_files,file_uuids
3,Cleo Vogt,cleo@x.org,T,https://drive.google.com/file/d/1CleoCleoCleoCleoCleoCleoCleoCleo/view,video.mp4,
14,Dan Ek,dan@x.org,T,,"video.mp4,b.mp4",{half
"""
TWICE = f"""{FIVE}
1,Anna Nagy,anna@x.org,T,https://youtu.be/aaaaaaaaa10
1,Gus Hol,gus@x.org,T,https://youtu.be/aaaaaaaaa11
"""


@pytest.mark.parametrize("engine", ["duckdb", "postgres"], indirect=True)
def test_no_word_for_nothing_and_no_title_makes_a_person(engine: Target, tmp_path: Path) -> None:
    write(tmp_path / "sheet.csv", SHEET)
    texts = {"errors.csv": ERRORS, "appended.csv": APPENDED, "files.csv": FILES, "twice.csv": TWICE}
    paths = [str(write(tmp_path / name, text)) for name, text in texts.items()]
    flags = {"sheet.source": str(tmp_path / "sheet.csv"), "legacy_csv.paths": paths}
    context = Context(load_settings(flags), engine)
    ingest(context.settings, engine)
    build(context)

    people = rows_of(engine, "select row_id, name from {schema}.people order by row_id")
    assert people == [
        ("1", "Anna Nagy"),
        ("12", "Nan"),
        ("13", "Kim Kay"),
        ("14", "Dan Ek"),
        ("2", "Ben Tamm"),
        ("3", "Cleo Vogt"),
    ]
    told = rows_of(
        engine,
        "select files.file_name, quarantine.line, quarantine.reason from {schema}.quarantine "
        "inner join {schema}.legacy_files as files on quarantine.file_id = files.file_id "
        "order by 1, 2",
    )
    nobody = "no row id, and nobody has its link, or its name, e-mail and type together"
    assert told == [
        ("appended.csv", 3, "row has 1 fields, which fits no generation"),
        ("appended.csv", 4, "header row"),
        ("appended.csv", 5, "header row"),
        ("errors.csv", 2, "no row id and no name"),
        ("errors.csv", 3, nobody),
        ("errors.csv", 4, nobody),
        ("errors.csv", 5, "row id 2 is another person in the newest sheet: Ben Tamm"),
        ("errors.csv", 6, "no name"),
        ("errors.csv", 7, "no name"),
        ("twice.csv", 3, "row id 1 is another person in the newest sheet: Anna Nagy"),
    ]

    unread = "select reason from {schema}.unverified_claims where words = '{{half'"
    assert rows_of(engine, unread) == [
        ("the cell can't be read as a mapping, neither as JSON nor as Python writes one",)
    ]

    old = tmp_path / "drive_downloads"
    old.mkdir()
    (old / "video.mp4").write_bytes(b"whose film")
    adopted = adopt_files(context, [old])
    assert not adopted.matches
    with connect(engine) as warehouse:
        assert warehouse.column(
            "select file_name from raw.legacy_claims where claim = 'file' order by 1"
        ) == [
            "b.mp4",
            "video.mp4",
            "video.mp4",
        ]
