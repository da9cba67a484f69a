"""An archive of an older version: what newer rules find in its rows reaches the tables."""

from pathlib import Path
from typing import Any

import pytest

from loaders import newer_rules
from loaders.pipeline import ingest, refill
from loaders.summary import read_again_said
from loaders.tables import RULES_VERSION
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Row, Target, connect
from rowkeeper.migration.reconcile.reconcile import reconcile
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context

TYPE = "MF-Si/Fe-CS/P(B) #3"
SHEET = f"""#,Name,Email,Type,Link,Talk
1,Ann Ash,ann@x.org,{TYPE},https://www.youtube.com/watch?v=annVideo-01,\
https://vimeo.com/77 youtu.be/annVideo-02
2,Bob Bay,bob@x.org,{TYPE},https://youtu.be/bobVideo-01?si=abc,https://media.example.org/bob.mp3
3,Cid Cox,cid@x.org,{TYPE},https://www.youtube.com/embed/cidVideo-01?list=PLcidcidcidcidcid1 \
vimeo.com/78,
"""
LEGACY = f"""row_id,name,email,type,link,extracted_links,youtube_playlist,google_drive,processed,\
document_text,youtube_status,youtube_files,youtube_media_id,drive_status,drive_files,drive_media_id,\
last_download_attempt,download_errors,permanent_failure,file_uuids,s3_paths
9,Una Urn,una@x.org,{TYPE},https://www.youtube.com/watch?v=unaVideo-01,,,,yes,\
read https://youtu.be/unaVideo-02,failed,,,,,,,at https://youtu.be/unaVideo-01 said no,,,
"""
NAMELESS = f"""name,email,type,link,extracted_links,youtube_playlist,google_drive
Ann Ash,ann@x.org,{TYPE},https://www.youtube.com/watch?v=annVideo-03,,,
"""
TABLES = {
    "people": "row_id, name, email, email_address, source_link_canonical",
    "assets": "cast(asset_id as text), person_row_id, asset_type, media_id, original_url",
    "links": "link_key, row_id, column_name, url, canonical_url, fate, reason",
    "unverified_claims": "row_id, claim, media_id",
}
ADDED = {
    "links": ("rule", "shows_canonical"),
    "row_keys": ("email_address",),
    "sheet_snapshots": ("notice", "rules_version"),
    "legacy_csv_files": ("rules_version",),
}


@pytest.fixture
def written(engine: Target, tmp_path: Path) -> Context:
    sources = {"sheet.csv": SHEET, "old.csv": LEGACY, "nameless.csv": NAMELESS}
    for name, text in sources.items():
        (tmp_path / name).write_text(text, "utf-8")
    flags = {
        "sheet.source": str(tmp_path / "sheet.csv"),
        "legacy_csv.paths": [str(tmp_path / "old.csv"), str(tmp_path / "nameless.csv")],
    }
    return Context(load_settings(flags), engine)


def contents(target: Target) -> dict[str, list[Row]]:
    with connect(target) as warehouse:
        return {
            table: sorted(
                warehouse.query(f"select {columns} from {target.schema}.{table}"), key=str
            )
            for table, columns in TABLES.items()
        }


def query(target: Target, sql: str) -> list[Row]:
    with connect(target) as warehouse:
        return warehouse.query(sql)


def age(target: Target) -> None:
    """Leave raw as the first version left it: links of few columns, an older classifier's answer,
    claims under other keys, and columns that are not there yet."""
    with connect(target) as warehouse:
        warehouse.execute(
            "delete from raw.links where column_name in "
            "('talk', 'document_text', 'download_errors') or source = 'legacy_csv' and row_id = '1'"
        )
        warehouse.execute(
            "update raw.links set link_key = row_key || ':link:0:video', media_id = 'cidVideo-01', "
            "asset_kind = 'video', asset_kinds = 'video', "
            "asset_id = '00000000-0000-5000-8000-000000000001' where asset_kind = 'playlist'"
        )
        warehouse.execute("delete from raw.links where media_id = '78' and asset_kind <> 'video'")
        warehouse.execute(  # nothing knew what Vimeo is
            "update raw.links set link_key = row_key || ':link:1:', provider = 'other', "
            "link_type = 'page', media_id = canonical_url, asset_kind = null, asset_kinds = '', "
            "asset_id = null, is_content = false where media_id = '78'"
        )
        warehouse.execute("update raw.legacy_claims set claim_key = claim_key || ':old'")
        for table, names in ADDED.items():
            for name in names:
                warehouse.execute(f"alter table raw.{table} drop column {name} cascade")
        warehouse.execute("delete from raw._dlt_version")


def load_and_build(context: Context) -> str:
    again = ingest(context.settings, context.target).read_again
    build(context)
    return f"{again.rows} rows, {again.more} more, {again.fewer} fewer"


def test_an_upgraded_archive_is_as_a_fresh_one(
    engine: Target, written: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_and_build(written).startswith("0 rows")
    fresh = contents(engine)
    age(engine)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:  # the sheet is loaded, the old not removed
        patched.setattr(newer_rules, "drop_earlier_reading", killed)
        with pytest.raises(KeyboardInterrupt):
            ingest(written.settings, engine)
    assert load_and_build(written) == "6 rows, 3 more, 2 fewer"
    assert contents(engine) == fresh
    proof = reconcile(written)
    assert proof.complete, proof.differences
    versions = "select rules_version from raw.sheet_snapshots union all select rules_version from"
    rules = query(engine, f"{versions} raw.legacy_csv_files")
    assert rules == [(RULES_VERSION,)] * 3
    links = f"select source_link from {engine.schema}.people where row_id = '2'"
    assert query(engine, links) == [("https://www.youtube.com/watch?v=bobVideo-01",)]
    assert not ingest(written.settings, engine).read_again.rows


def test_kept_loads_of_older_rules_are_read_again(
    engine: Target, written: Context, tmp_path: Path
) -> None:
    ingest(written.settings, engine)
    kept = written.settings.data_dir / "journal" / "loads"
    sql = "select link_key, url, asset_id, rule from raw.links order by link_key"
    fresh = query(engine, sql)
    age(engine)
    for load in kept.iterdir():
        load.rename(tmp_path / load.name)
    with connect(engine) as warehouse:
        newer_rules_kept(kept, warehouse)
        warehouse.execute("drop schema raw cascade")
    filled = refill(written.settings, engine)
    assert filled.loads == 1
    assert read_again_said(filled.read_again)[0].startswith("Read 6 rows again by newer rules")
    assert query(engine, sql) == fresh


def newer_rules_kept(kept: Path, warehouse: Any) -> None:
    """Keep an old warehouse as its own version would have."""
    from loaders.kept_loads import keep_loads

    keep_loads(kept, warehouse)
