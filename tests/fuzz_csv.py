"""Mutated legacy CSVs: ``python -m tests.fuzz_csv --files 10000``, on DuckDB.

Each file is refused in one sentence that names it, or loaded, built and accounted for, row by row.
"""

import argparse
import os
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from loaders.legacy_reading import read_file
from loaders.pipeline import ingest
from rowkeeper.core.errors import InputError
from rowkeeper.core.profiles import load_target
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target
from rowkeeper.migration.reconcile.reconcile import reconcile
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.helpers.samples import make_samples

PEOPLE = 12
ODD_CELLS = (
    *("", "-", "'-", "nan", "[]", "=1+1", "\t", "\u200b", "&amp;", "\\u003d", "é", "日本", "\x00"),
    *("https://youtu.be/watch_video", "https://accounts.google.com/v3/signin", "javascript:0"),
    *(
        '{"YouTube: x": "u"}',
        "{",
        "EXTRACTION_FAILED:",
        "permanent",
        "failed",
        "row_id",
        "#",
        "007",
    ),
    *("'; drop table people; --", "a|b,c;d", "['a', 'b']", "9" * 40, "x" * 5_000),
)
ODD_BYTES = (
    b"\x00",
    b"\xff",
    b'"',
    b"\r",
    b"\n",
    b"\xef\xbb\xbf",
    b",",
    b";",
    b"\x1a",
    b"\xe2\x80",
)


@dataclass
class Tally:
    """``unaccounted`` names files of which a row or a cell is lost."""

    loaded: int = 0
    refused: int = 0
    rows: int = 0
    unaccounted: tuple[str, ...] = ()


def drop_bytes(data: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(data))
    return data[:start] + data[start + dice.randint(1, 40) :]


def insert_bytes(data: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(data))
    return data[:place] + dice.choice(ODD_BYTES) * dice.randint(1, 3) + data[place:]


def cut_off(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data))]


def double_lines(data: bytes, dice: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    start = dice.randrange(len(lines))
    return b"".join(lines + lines[start : start + dice.randint(1, 5)])


def shuffle_lines(data: bytes, dice: random.Random) -> bytes:
    first, *lines = data.splitlines(keepends=True)
    dice.shuffle(lines)
    return first + b"".join(lines)


def change_line_ends(data: bytes, dice: random.Random) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", dice.choice([b"\r\n", b"\r", b"\n\n"]))


def change_cells(data: bytes, dice: random.Random) -> bytes:
    """Another cell at some commas; inside quotes that is a mutation as well."""
    parts = data.split(b",")
    for _ in range(dice.randint(1, 8)):
        parts[dice.randrange(len(parts))] = dice.choice(ODD_CELLS).encode()
    return b",".join(parts)


def move_cells(data: bytes, dice: random.Random) -> bytes:
    parts = data.split(b",")
    one, other = dice.randrange(len(parts)), dice.randrange(len(parts))
    parts[one], parts[other] = parts[other], parts[one]
    return b",".join(parts)


def recode(data: bytes, dice: random.Random) -> bytes:
    text = data.decode("utf-8-sig", "replace")
    return text.encode(dice.choice(["utf-16", "cp1252", "utf-8-sig", "latin-1"]), "replace")


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(drop_bytes, insert_bytes, cut_off, double_lines, shuffle_lines, change_line_ends),
    *(change_cells, change_cells, move_cells, recode),
)


def mutated(samples: list[bytes], dice: random.Random) -> bytes:
    data = dice.choice(samples)
    for _ in range(dice.randint(1, 4)):
        data = dice.choice(MUTATIONS)(data, dice) or b"\n"
    return data


def fuzz(folder: Path, target: Target, files: int, seed: int) -> Tally:
    """Mutate, load, build and reconcile. Whatever is raised but ``InputError`` is a fault."""
    dice = random.Random(seed)
    made = folder / "samples"
    make_samples(made, PEOPLE, seed)
    samples = [path.read_bytes() for path in sorted(made.glob("*.csv"))]
    tally, batch = Tally(), folder / "mutated"
    batch.mkdir()
    for number in range(files):
        path = batch / f"{seed}-{number}.csv"
        path.write_bytes(mutated(samples, dice))
        try:
            tally.rows += len(list(read_file(path).rows()))
            tally.loaded += 1
        except InputError as error:
            said = str(error)
            assert str(path) in said, said
            assert "\n" not in said, said
            path.unlink()
            tally.refused += 1
    context = Context(load_settings({"legacy_csv.paths": [str(batch)]}), target)
    ingest(context.settings, target)
    build(context)
    report = reconcile(context)
    lost = {difference.file for difference in report.differences if difference.kind == "lost"}
    open_sums = {file.file for file in report.files if not file.closed or file.proof == "none"}
    tally.unaccounted = tuple(sorted(lost | open_sums))
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz_csv", description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for seed in range(given.seed, given.seed + -(-given.files // given.batch)):
        with tempfile.TemporaryDirectory() as name:
            os.environ["ROWKEEPER_DATA_DIR"] = name
            tally = fuzz(Path(name), load_target("dev"), given.batch, seed)
        print(f"seed {seed}: {tally}", flush=True)
        assert not tally.unaccounted


if __name__ == "__main__":
    main()
