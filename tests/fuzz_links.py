"""Generated sheets and CSVs full of links: ``python -m tests.fuzz_links --target dev``.

Columns stand in any order and language, cells are parted and encoded as many programs do, hosts are
known and unknown, links in and around text. Each link that was written must stand in the table
``links`` with a fate, and nothing else may. Many files are loaded and built at once, each with row
ids of its own, so that ten thousand cost some minutes.
"""

import argparse
import csv
import io
import os
import random
import shutil
import tempfile
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from loaders.batches import no_rows
from loaders.chain import ChainLink
from loaders.legacy_reading import load_legacy_csv
from loaders.loader import Loader
from loaders.row_keys import RowIds
from loaders.sheet import load_sheet
from loaders.tables import add_legacy_file, add_snapshot
from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.core.drain import create_tables
from rowkeeper.core.profiles import load_target
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.migration.reconcile.reconcile import reconcile
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.helpers.postgres import start_postgres

FORMS = (
    *("https://youtu.be/{v}", "https://www.youtube.com/watch?v={v}", "youtube.com/watch?v={v}"),
    *("https://www.youtube.com/playlist?list=PL{d}", "https://drive.google.com/file/d/{d}/view"),
    *(
        "drive.google.com/open?id={d}",
        "https://docs.google.com/document/d/{d}/edit?tab=t.0#heading=h",
    ),
    *("https://docs.google.com/document/d/e/2PACX-{d}/pub", "https://media.example.org/{d}.mp4"),
    *("https://www.google.com/url?q=https://youtu.be/{v}&sa=D", "https://vimeo.com/{n}"),
    *("https://eur03.safelinks.protection.outlook.com/?url=https%3A%2F%2Fyoutu.be%2F{v}&data=0",),
    *("https://bit.ly/{v}", "https://www.dropbox.com/s/{d}/video.mp4?dl=0", "www.example.org/{d}"),
    *("https://padlet.example.com/{v}/wall", "https://www.youtube.com/@someone{n}"),
    *("http://10.0.0.{n}/x", "https://accounts.google.com/ServiceLogin?x={v}", "mailto:a{n}@b.org"),
    *("https://docs.google.com/forms/d/{d}/viewform", "HTTPS://YouTu.be/{v}", "https://[::1]/{n}"),
    *(
        "https://consent.youtube.com/m?continue=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3D{v}&gl=DE",
    ),
    *(
        "https://studio.youtube.com/video/{v}/edit",
        "https://www.youtube.com/watch?feature=youtu.be&v={v}",
    ),
    *("https://пример.рф/{v}", "https://www.youtube.com./watch?v={v}"),
    *(
        "https%3A%2F%2Fyoutu.be%2F{v}",
        "htps://youtu.be/{v}",
        "https:///youtu.be/{v}",
        "ftp://a.org/{d}",
    ),
    *(
        "https://docs.google.com/spreadsheets/d/{d}/edit#gid={n}",
        "https://web.archive.org/web/2/youtu.be/{v}",
    ),
    *("https://storage.googleapis.com/b/{d}.mp4", "https://m.youtube.com/#/watch?v={v}"),
    *("vimeo.com/{n}", "player.vimeo.com/video/{n}", "loom.com/share/{d}", "dai.ly/x{n}"),
    *("lh3.googleusercontent.com/d/{d}", "spreadsheets.google.com/ccc?key={d}"),
    "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3D"
    "https%253A%252F%252Fwww.youtube.com%252Fwatch%253Fv%253D{v}%26sa%3DD&data=05",
    "https://www.google.com/url?q=https%3A//www.youtube.com/watch%3Fv%3D{v}&sa=D",
    "https://urldefense.proofpoint.com/v2/url?u=https-3A__www.youtube.com_watch-3Fv-3D{v}&d=x",
    *("vnd.youtube:{v}", "vnd.youtube://{v}"),
    "https://doc-0k-4s-docs.googleusercontent.com/docs/securesc/a/b/1/2/3/{d}?e=download",
)
AROUND = (
    *("{}", "see {} please", "({})", "[video]({})", "“{}”", "*{}*", "• {}", "1.{}", "-{}", "{}!"),
    *(
        '=HYPERLINK("{}","x")',
        "<{}>",
        "видео: {}",
        "动画：{}。",
        "{}\\u000b",
        "\\n{}\\n",
        "{};",
        "'{}'",
    ),
    *(
        "动画{}",
        "👉{} 👍",
        "\u202b{}\u202c",
        "{}_x000D_\n",
        "{}&nbsp;x",
        "&quot;{}&quot;",
        "~~{}~~",
        "(x) y={}",
    ),
    *("[url]{}[/url]", "[url={}]x[/url]", "{{{}}}", "[{}],", "=IMAGE('{}')"),
    *("http://http:// {}", "www.--- {}", "1-{}", "/{}", "http://mailto: {}"),
    *("see {}...", "[{}", "{}</a>", "{}・", "\u200b{}\u200b", '{{"url":"{}"}}', "{}\\nnext"),
)
ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16")
DELIMITERS = (",", ",", ";", "\t", "|")
SHEET_COLUMNS = (
    *(
        "Email",
        "Type",
        "Notes",
        "Status",
        "Interview video",
        "Zweites Video",
        "Видео",
        "链接",
        "",
        "Who cares",
    ),
)
WORDS = ("", "-", "yes", "later", "a@b.org", "n/a", "see notes", "Straße 5", "2024-01-01", "a.py")


@dataclass
class Written:
    """A file that was made, and how often each link stands in it."""

    path: Path
    links: Counter[str] = field(default_factory=Counter)


def make_cell(dice: random.Random, written: Written) -> str:
    """A cell with some links, each counted in ``written``."""
    parts = []
    for _ in range(dice.choice((0, 1, 1, 2, 3))):
        ids = {"v": _letters(dice, 11), "d": _letters(dice, 33), "n": str(dice.randint(1, 250))}
        link = dice.choice(FORMS).format(**ids)
        written.links[link] += 1
        parts.append(dice.choice(AROUND).format(link))
    if len(parts) > 1 and dice.random() < 0.2 and all(part.startswith("http") for part in parts):
        return "".join(parts)
    return dice.choice((" ", "\n", " | ", " and ")).join(parts) or dice.choice(WORDS)


def _letters(dice: random.Random, count: int) -> str:
    return "".join(
        dice.choices("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=count)
    )


def make_sheet(path: Path, dice: random.Random, first_id: int = 1, rows: int = 6) -> Written:
    """A sheet as a CSV: row ids from ``first_id`` on, names and other columns in any order."""
    written = Written(path)
    titles = ["#", "Name", *dice.sample(SHEET_COLUMNS, dice.randint(2, len(SHEET_COLUMNS)))]
    dice.shuffle(titles)
    cells = [titles]
    for number in range(first_id, first_id + rows):
        known = {"#": str(number), "Name": f"Person {number}"}
        cells.append([known.get(title) or make_cell(dice, written) for title in titles])
    cells.append(["" if title == "#" else make_cell(dice, written) for title in titles])
    _write(path, cells, dice)
    return written


def make_legacy(path: Path, dice: random.Random, first_id: int = 1, rows: int = 6) -> Written:
    """A legacy CSV of one generation, its columns in any order, sometimes one that nobody knows."""
    written = Written(path)
    columns = list(dice.choice(list(GENERATIONS.values())))
    columns += ["Who cares"] if "row_id" in columns and dice.random() < 0.3 else []
    dice.shuffle(columns)
    cells = [columns]
    for number in range(first_id, first_id + rows):
        known = {"row_id": str(number), "name": f"Person {number}"}
        cells.append([known.get(column) or make_cell(dice, written) for column in columns])
    _write(path, cells, dice)
    return written


def _write(path: Path, cells: list[list[str]], dice: random.Random) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=dice.choice(DELIMITERS)).writerows(cells)
    path.write_bytes(text.getvalue().encode(dice.choice(ENCODINGS)))


def load(target: Target, folder: Path, sheets: list[Written], legacy: list[Written]) -> None:
    """All files in one load: the sheets as looks at sheets that replaced each other."""
    rows, ids, previous = no_rows(), RowIds(), ChainLink()
    for written in sheets:
        add_snapshot(rows, load_sheet(str(written.path)), previous, ids)
        previous = ChainLink(list(rows["sheet_snapshots"])[-1]["snapshot_id"], previous.number + 1)
    for file in load_legacy_csv([written.path for written in legacy]):
        add_legacy_file(rows, file, ids)
    with connect(target) as warehouse:
        create_tables(warehouse)
    Loader(folder, target).load(rows)


def silent(context: Context, sheets: list[Written], legacy: list[Written]) -> list[str]:
    """Load and build; what does not add up, in words: [] where every link has its fate.

    The build itself stops where the fates do not sum up or a plain scan finds more.
    """
    load(context.target, context.settings.data_dir / "fuzz", sheets, legacy)
    build(context)
    report = reconcile(context)
    wrong = [str(item) for item in report.differences if item.kind == "lost"][:5]
    schema = context.target.schema
    with connect(context.target, read_only=True) as warehouse:
        counts = warehouse.query(f"select url, sum(occurrences) from {schema}.links group by url")
        fates: dict[str, int] = dict(
            warehouse.query(f"select fate, count(*) from {schema}.links group by fate")
        )
    in_links: Counter[str] = Counter(dict(counts))
    expected: Counter[str] = sum((item.links for item in (*sheets, *legacy)), Counter())
    wrong += [f"not in links: {url}" for url in (expected - in_links)][:5]
    wrong += [f"in links, but never written: {url}" for url in (in_links - expected)][:5]
    print(f"{expected.total()} links: {fates}")
    return wrong


def run(files: int, seed: int, folder: Path, target: Target, batch: int = 500) -> list[str]:
    """Make and check ``files`` files, half of them sheets, each batch in a warehouse of its own."""
    wrong: list[str] = []
    for start in range(0, files, batch):
        place = folder / f"batch-{start}"
        place.mkdir()
        dice = random.Random(seed + start)
        os.environ["ROWKEEPER_DATA_DIR"] = str(place / "data")
        if target.type == "postgres":
            with connect(target) as warehouse:
                for schema in ("raw", target.schema):
                    warehouse.execute(f"drop schema if exists {schema} cascade")
        context = Context(load_settings({}), load_target(target.name))
        made = range(start, min(files, start + batch))
        sheets = [make_sheet(place / f"{n}-sheet.csv", dice, n * 100) for n in made if n % 2]
        legacy = [make_legacy(place / f"{n}-old.csv", dice, n * 100) for n in made if not n % 2]
        wrong += silent(context, sheets, legacy)
        print(f"{made.stop} files, {len(wrong)} faults")
        shutil.rmtree(place)
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", choices=("dev", "prod"), default="dev")
    given = parser.parse_args()
    os.environ["DBT_TARGET"] = given.target
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        os.environ["ROWKEEPER_DATA_DIR"] = str(folder / "data")
        if given.target == "prod":
            server = stack.enter_context(start_postgres(folder / "postgres"))
            server.create_database("fuzz")
            os.environ.update(server.environ("fuzz"))
        wrong = run(given.files, given.seed, folder, load_target(), given.batch)
    print("\n".join(wrong) or "Every link has its fate.")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
