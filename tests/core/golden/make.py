"""Makes a golden folder of the format that is written now: ``python -m tests.core.golden.make N``.

Run it once, before the format rises. ``format-N.tar.gz`` is the journal and the kept loads of a
small archive, ``format-N.json`` what its tables said.
"""

import json
import os
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from demo.site import SHEET_PAGE, SHEET_URL, make_demo
from rowkeeper.cli import run_command
from rowkeeper.core.profiles import load_target
from rowkeeper.core.warehouse import connect
from tests.fakes.internet import FakeInternet

HERE = Path(__file__).parent
PEOPLE = "select row_id, name, email, personality_type from main.people"
ASSETS = "select cast(asset_id as text), person_row_id, sha256, object_key from main.assets"


def environment(folder: Path, internet: FakeInternet) -> dict[str, str]:
    """What leads a run to ``folder`` and to a website on loopback."""
    return {
        "ROWKEEPER_DATA_DIR": str(folder / "data"),
        **internet.variables,
        "ROWKEEPER_SHEET_SOURCE": SHEET_URL,
        "ROWKEEPER_DOWNLOAD_PACE_DIR": str(folder / "pace"),
        "ROWKEEPER_DOWNLOAD_RATES": "youtube=0, drive=0, docs=0, direct=0",
        "ROWKEEPER_DOWNLOAD_RETRY_AFTER_S": "0",
        "ROWKEEPER_DOWNLOAD_PAUSE_S": "0",
        "ROWKEEPER_DOWNLOAD_BACKOFF_S": "0.01",
    }


def make(number: int, folder: Path) -> None:
    """Two runs, with a changed sheet between them."""
    demo = make_demo(folder / "sources", people=6)
    with FakeInternet(demo.site) as internet:
        os.environ |= environment(folder, internet)
        os.environ["ROWKEEPER_LEGACY_CSV_PATHS"] = str(demo.legacy_csv)
        page = demo.site.pages[SHEET_PAGE]
        demo.site.pages[SHEET_PAGE] = page.replace("</td>", " </td>", 1)
        for _ in range(2):
            code = run_command(["run"])
            if code:
                raise SystemExit(code)
            demo.site.pages[SHEET_PAGE] = page
    with tarfile.open(HERE / f"format-{number}.tar.gz", "w:gz") as tar:
        tar.add(folder / "data" / "journal", "journal", filter=anonymous)
    (HERE / f"format-{number}.json").write_text(json.dumps(facts(), indent=0, sort_keys=True))


def facts() -> dict[str, Any]:
    """What the tables say, by id."""
    with connect(load_target(), read_only=True) as warehouse:
        return {
            "people": {row_id: cells for row_id, *cells in warehouse.query(PEOPLE)},
            "assets": {asset_id: cells for asset_id, *cells in warehouse.query(ASSETS)},
            "event_ids": sorted(
                name for (name,) in warehouse.query("select event_id from raw.asset_events")
            ),
        }


def anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """An entry of nobody's, of no time."""
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        make(int(sys.argv[1]), Path(name))
