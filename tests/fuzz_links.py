"""Generated sheets and CSVs full of links: ``python -m tests.fuzz_links --files 10000``, on DuckDB.

Columns stand in any order and language, hosts are known and unknown, links in and around text.
Each link that was written must stand in the table ``links`` with a fate, and nothing else may.
"""

import argparse
import csv
import io
import os
import random
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from loaders.pipeline import ingest
from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target, connect, load_target
from rowkeeper.migration.reconcile.reconcile import reconcile
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context

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
)
SHEET_COLUMNS = (
    *("Email", "Type", "Notes", "Status", "Interview video", "Zweites Video", "Видео", "链接", ""),
)
GONE = ["email", "type", "notes", "status", "link"]
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


def make_sheet(path: Path, dice: random.Random, rows: int = 6) -> Written:
    """A sheet as a CSV: its row ids, its names and other columns in any order."""
    written = Written(path)
    titles = ["#", "Name", *dice.sample(SHEET_COLUMNS, dice.randint(2, len(SHEET_COLUMNS)))]
    dice.shuffle(titles)
    cells = [titles]
    for number in range(1, rows + 1):
        known = {"#": str(number), "Name": f"Person {number}"}
        cells.append([known.get(title) or make_cell(dice, written) for title in titles])
    cells.append(["" if title == "#" else make_cell(dice, written) for title in titles])
    _write(path, cells)
    return written


def make_legacy(path: Path, dice: random.Random, rows: int = 6) -> Written:
    """A legacy CSV of one generation, its columns in any order."""
    written = Written(path)
    columns = list(dice.choice(list(GENERATIONS.values())))
    dice.shuffle(columns)
    cells = [columns]
    for number in range(1, rows + 1):
        known = {"row_id": str(number), "name": f"Person {number}"}
        cells.append([known.get(column) or make_cell(dice, written) for column in columns])
    _write(path, cells)
    return written


def _write(path: Path, cells: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(cells)
    path.write_bytes(text.getvalue().encode())


def silent(context: Context, sheets: list[Written], legacy: list[Written]) -> list[str]:
    """Load and build; what does not add up, in words: [] where every link has its fate.

    The build itself stops where the fates do not sum up or a plain scan finds more.
    """
    wrong = []
    sources = context.settings.model_dump(include={"data_dir"})
    for written in sheets:
        settings = load_settings(
            {"data_dir": str(sources["data_dir"]), "sheet.source": str(written.path)}
            | {"sheet.max_removed": 1.0, "sheet.max_changed": 1.0, "sheet.lost_columns": GONE}
        )
        ingest(settings, context.target)
    paths = {"legacy_csv.paths": [str(written.path) for written in legacy]}
    ingest(load_settings({"data_dir": str(sources["data_dir"]), **paths}), context.target)
    build(context)
    found = reconcile(context)
    wrong += [str(item) for item in found.differences if item.kind == "lost"][:5]
    with connect(context.target, read_only=True) as warehouse:
        told: Counter[str] = Counter(
            dict(
                warehouse.query(
                    f"select url, sum(occurrences) from {context.target.schema}.links group by url"
                )
            )
        )
    expected: Counter[str] = sum((item.links for item in (*sheets, *legacy)), Counter())
    wrong += [f"not in links: {url}" for url in (expected - told)][:5]
    wrong += [f"in links, but never written: {url}" for url in (told - expected)][:5]
    return wrong


def run(files: int, seed: int, target: Target, folder: Path, batch: int = 50) -> list[str]:
    """Make and check ``files`` files, half of them sheets, each batch in a fresh folder."""
    wrong: list[str] = []
    for start in range(0, files, batch):
        place = folder / f"batch-{start}"
        place.mkdir()
        dice = random.Random(seed + start)
        os.environ["ROWKEEPER_DATA_DIR"] = str(place / "data")
        context = Context(load_settings({}), load_target(target.name))
        made = range(start, min(files, start + batch))
        sheets = [make_sheet(place / f"{n}-sheet.csv", dice) for n in made if n % 2]
        legacy = [make_legacy(place / f"{n}-legacy.csv", dice) for n in made if not n % 2]
        wrong += silent(context, sheets, legacy)
        print(f"{made.stop} files, {len(wrong)} faults")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    os.environ["DBT_TARGET"] = "dev"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ROWKEEPER_DATA_DIR"] = str(Path(folder) / "data")
        wrong = run(given.files, given.seed, load_target(), Path(folder))
    print("\n".join(wrong) or "Every link has its fate.")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
