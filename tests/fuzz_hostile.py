"""Hostile sheets, pages and journals: ``python -m tests.fuzz_hostile --rounds 1000``, on DuckDB.

Each is read, or ends as an error in words; in bounded time, whatever of it is repeated how often.
"""

import argparse
import io
import json
import os
import random
import resource
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any, cast

import urllib3

from downloaders import documents, passages, readings
from downloaders.google import answers, published
from downloaders.google.drive import DriveDownloader
from downloaders.sinks import FileSink
from loaders.offered_links import count_links
from loaders.pipeline import ingest
from loaders.sheet import load_sheet
from rowkeeper.core.drain import drain
from rowkeeper.core.errors import RowkeeperError, TransferError
from rowkeeper.core.event_values import DETAILS
from rowkeeper.core.events import AssetEvent
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.journal import journal_dir
from rowkeeper.core.journal.lines import checked
from rowkeeper.core.journal.segments import Finding
from rowkeeper.core.profiles import load_target
from rowkeeper.core.settings import load_settings
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.fakes.clients import request_for, settings_in
from tests.fuzz_csv import ODD_BYTES, ODD_CELLS
from tests.helpers.random_events import random_events
from tests.helpers.samples import make_samples
from tests.helpers.sources import DRIVE, VIDEO, page, write_rows
from tests.helpers.warehouses import PENDING, rows_of

SECONDS = 10
"""Of this process for one of them; what takes the square of its size takes far more."""
LARGEST = 300_000
MEMORY = 4 << 30
FOLDER = f"""<html><head><title>A folder</title></head><body>
<div class="flip-entry" id="e"><a href="{DRIVE}6"><div class="flip-entry-title">A film</div></a>
</div><div class="flip-entry"><a href="{VIDEO}"><div class="flip-entry-title">B</div></a></div>
</body></html>"""
WARNING = """<html><head><title>Google Drive - Virus scan warning</title></head><body>
<p class="uc-error-caption">Can't scan</p><form id="download-form" action="/download?id=1">
<input type="hidden" name="id" value="x"><input type="hidden" name="uuid" value="y"></form></html>
"""
DOCUMENT = f"""<html><head><title>A letter - Google Docs</title><style>p{{}}</style></head><body>
<h1>Hello</h1><p>See <a href="https://www.google.com/url?q={VIDEO}&amp;sa=D">this</a>, {DRIVE}6
and <a href='mailto:ann@example.org'>Ann</a>.<br>Bye</p></body></html>"""
SPOKEN = "WEBVTT\n\n00:00.000 --> 00:01.000\nHere <c>we</c> are.\n\n1\n00:02.0 --> 00:03\nBye.\n"
SIGNS = (
    *(b"<div>", b"</div>", b"<table class='waffle'>", b"</table>", b"<tr>", b"<td colspan=999>"),
    *(b"<td rowspan='999'>", b"<a href='", b"<!--", b"<script>", b"<![CDATA[", b"<?", b"&amp;"),
    *(b"&#0;", b"&#xd800;", b"https://www.google.com/url?q=", b"https://", b"(", b"[", b"{", b"\\"),
    *(b"\xcc\x81", b"\xe2\x80\xae", b"\x1b[2J", b"\xf3\xa0\x80\x81", b" --> ", b"9" * 99, b"-1"),
    *(b"'", b"/", b"%", b"@", b".", b"=", b"\t", b" ", b"\x0b", b"\xc2\x85", b"A1:XFD1048576"),
    *ODD_BYTES,
    *(cell.encode() for cell in ODD_CELLS),
)

ODD: list[Any] = [
    *("", "x", "../x", "\0", "\ud800", "\x1b[31m", "9999-12-31T23:59:59", "2026-13-45", "a" * 9999),
    *(0, -1, 1 << 62, 1 << 63, 1 << 70, 1e300, float("nan"), float("inf"), True),
    *([], {}, [[]], {"a": 1}, {"check": 1e300}, {"next_try_at": "soon"}, {"occurrences": "x"}),
]
"""What stands in an event where something else should."""
JUST_SO: list[Any] = [
    *("1900-01-01T00:00:00+23:59", "9998-12-31T23:59:59.999999999-14:00", "2026-02-28 24:00"),
    *("2026-01-01 00:00", "-" + "9" * 18, "null", "[]", "true", "\u2028", "\U0001f600", "'", "$$"),
    *(
        (1 << 63) - 1,
        -(1 << 63),
        [{}],
        [{"position": "x", "url": []}],
        [{"position": 1e300}],
        False,
    ),
]
"""The same, as near to the bounds as what is believed."""
SPARED = frozenset(
    {
        *("event_id", "asset_id", "parent_asset_id", "session_id", "event_version"),
        *("row_id", "provider", "media_id", "asset_kind"),
    }
)
"""UUIDs and whose asset it is, by which the data tests stop a build in words; and what a newer
version is known by."""


def spoilt(data: bytes, dice: random.Random) -> bytes:
    """``data`` after some changes; most put something in it, or repeat a piece very often."""
    for _ in range(dice.randint(1, 5)):
        at = dice.randrange(len(data) + 1)
        end = min(at + dice.choice((1, 5, 40, 400)), len(data))
        change = dice.randrange(6)
        if change == 0:
            data = data[:at] + data[end:]
        elif change == 1:
            data = data[:at]
        elif change == 2:
            data = data[:at] + bytes(dice.randrange(256) for _ in range(3)) + data[at:]
        else:
            piece = data[at:end] if change == 3 else dice.choice(SIGNS)
            if change == 4:
                piece += dice.choice(SIGNS)
            often = max(1, min(10 ** dice.randrange(7), LARGEST // max(1, len(piece))))
            data = data[:at] + piece * often + data[at:]
    return data


def _workbook(data: bytes, dice: random.Random) -> bytes:
    """A workbook of which one part is spoilt, or all of it."""
    if dice.random() < 0.2:
        return spoilt(data, dice)
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w", 8) as new:
        names = old.namelist()
        odd = dice.choice(names)
        for name in names:
            part = old.read(name)
            new.writestr(name, spoilt(part, dice) if name == odd else part)
    return packed.getvalue()


def sheets(folder: Path, rounds: int, dice: random.Random) -> Iterator[Callable[[], object]]:
    """As a page, as CSV and as XLSX, read as a load reads them."""
    rows = [["#", "Name", "E-mail", "Type", "Link"]]
    rows += [[str(n), f"Person {n}", f"p{n}@example.org", "FF", VIDEO] for n in range(1, 4)]
    book = write_rows(folder / "book.xlsx", rows).read_bytes()
    text = write_rows(folder / "text.csv", rows).read_bytes()
    shown = page({"1": [VIDEO], "2": [f"{DRIVE}6"]}).encode()
    for number in range(rounds):
        kind = dice.choice(("xlsx", "csv", "html"))
        path = folder / f"{number}.{kind}"
        path.write_bytes(
            _workbook(book, dice)
            if kind == "xlsx"
            else spoilt(text if kind == "csv" else shown, dice)
        )
        yield partial(_sheet, path)
        path.unlink()


def _sheet(path: Path) -> None:
    count_links(load_sheet(str(path)))


class Canned:
    """A client to which each site answers the same."""

    def __init__(self, body: bytes, status: int) -> None:
        self.body, self.status = body, status

    @contextmanager
    def open(self, *_: object) -> Iterator[urllib3.HTTPResponse]:
        headers = {"Content-Type": "text/html; charset=utf-8"}
        yield urllib3.HTTPResponse(
            io.BytesIO(self.body), headers, self.status, preload_content=False
        )

    def location(self, *_: object) -> str | None:
        """Nobody is sent on."""
        return None


def _drive(body: bytes, folder: Path, kind: str, status: int) -> None:
    """A folder's page, or what Drive answers instead of a file."""
    settings = settings_in(folder)
    downloader = DriveDownloader(settings)
    downloader._client = cast("Any", Canned(body, status))
    request = request_for("drive", kind, "1AbCdEfGhIjKlMnOpQrStUvWxYz0123456")
    downloader.fetch_into(request, folder, FileSink(folder / "part", settings), lambda *_: None)


def _document(body: bytes, folder: Path, suffix: str) -> None:
    """All that is read of a document that was fetched."""
    path = folder / f"document{suffix}"
    path.write_bytes(body)
    kind = "document_html" if suffix == ".html" else "document"
    try:
        documents.read_text(path)
        documents.discovered(request_for("docs", kind, "x"), path)
        readings.content_key(path, "text/html" if suffix == ".html" else "application/pdf")
        text = body.decode("utf-8", "replace")
        passages.cut_text(text)
        if suffix == ".html":
            "".join(published._text(answers.parse(text)))
    finally:
        path.unlink()


def _captions(body: bytes) -> None:
    for rolling in (False, True):
        with suppress(ValueError):  # is none
            passages.cut_captions(body.decode("utf-8", "replace"), rolling=rolling)


def pages(folder: Path, rounds: int, dice: random.Random) -> Iterator[Callable[[], object]]:
    """Folders, warnings, refusals, documents and captions, as downloaders read them."""
    for _ in range(rounds):
        kind, status = dice.choice(("folder", "file")), dice.choice((200, 200, 403, 404, 503))
        listed = spoilt((FOLDER if kind == "folder" else WARNING).encode(), dice)
        suffix, letter = dice.choice((".html", ".txt")), spoilt(DOCUMENT.encode(), dice)
        spoken = spoilt(SPOKEN.encode(), dice)
        yield dice.choice(
            (
                partial(_drive, listed, folder, kind, status),
                partial(_document, letter, folder, suffix),
                partial(_captions, spoken),
            )
        )


def write_journal(folder: Path, events: list[AssetEvent], dice: random.Random) -> None:
    """The ``events`` as a killed worker left them, many with values that no event has."""
    lines = []
    for number, event in enumerate(events, 1):
        values: dict[str, Any] = json.loads(event.to_json())
        for _ in range(dice.choice((0, 1, 1, 3))):
            odd = deepcopy(dice.choice(dice.choice((ODD, JUST_SO))))
            if dice.random() < 0.5 and isinstance(values.get("details"), dict):
                values["details"][dice.choice((*DETAILS, "title", "listing"))] = odd
            else:
                values[dice.choice([name for name in values if name not in SPARED])] = odd
        lines.append(checked(json.dumps(values).encode()[:-1] + b',"_line":%d' % number))
    (folder / "open").mkdir(parents=True, exist_ok=True)
    (folder / "open" / f"{new_id()}-open.jsonl").write_bytes(b"".join(lines))


def drained(context: Context, journals: int, dice: random.Random) -> tuple[int, int]:
    """Drain hostile journals of a built warehouse's assets: the events that were read, and those
    that were told as damaged."""
    folder, pending = journal_dir(context.settings.data_dir), rows_of(context.target, PENDING)
    for _ in range(journals):
        write_journal(folder, random_events(dice, pending[:25], dice.randint(9, 30)), dice)
    findings: list[Finding] = []
    return drain(folder, context.target, findings), len(findings)


def journals(folder: Path, rounds: int, dice: random.Random) -> Iterator[Callable[[], object]]:
    """A build after each hundred of them, with all data tests."""
    os.environ["ROWKEEPER_DATA_DIR"] = str(folder)
    make_samples(folder / "samples", 30, 3)
    sheet = {"sheet.source": str(folder / "samples" / "sheet.html")}
    context = Context(load_settings(sheet), load_target("dev"))
    ingest(context.settings, context.target)
    build(context)
    for _ in range(0, rounds, 100):
        yield partial(drained, context, min(rounds, 100), dice)
        build(context)


KINDS = {"sheets": sheets, "pages": pages, "journals": journals}


def check(kind: str, folder: Path, rounds: int, seed: int) -> Counter[str]:
    """How many were read, and how many refused; whatever else comes of one is a fault."""
    counts: Counter[str] = Counter()
    for number, read in enumerate(KINDS[kind](folder, rounds, random.Random(seed))):
        begun = time.process_time()
        refused: RowkeeperError | None = None
        try:
            read()
        except RowkeeperError as error:
            refused = error
        except BaseException as error:
            error.add_note(f"{kind}, seed {seed}, number {number}")
            raise
        if refused:
            assert isinstance(refused, TransferError) or refused.exit_code > 1, refused
            assert len(str(refused).splitlines()) == 1, refused
        counts["refused" if refused else "read"] += 1
        took = time.process_time() - begun
        assert took < SECONDS, f"{kind}, seed {seed}, number {number}: {took:.0f} s"
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz_hostile", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=KINDS, action="append")
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for kind in given.kind or KINDS:
        with tempfile.TemporaryDirectory() as name:
            print(kind, dict(check(kind, Path(name), given.rounds, given.seed)), flush=True)


if __name__ == "__main__":
    main()
