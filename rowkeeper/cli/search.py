"""``rowkeeper search``: who says it, where, and at which second."""

from dataclasses import asdict

import click

from rowkeeper.catalogue.search import FoundPassage, SearchTerms, search
from rowkeeper.cli.options import (
    json_option,
    people_option,
    prepare,
    warehouse_options,
)
from rowkeeper.cli.terminal import Terminal, console, say_json
from rowkeeper.core.errors import NothingError
from rowkeeper.core.text import quoted
from rowkeeper.core.times import clock_time

AROUND = 120
"""Characters that are shown before and after what was found."""
NOTHING = 'Try fewer words, a part of one with *, or OR between them; "a phrase" stands in quotes.'


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--type", "type_pattern", metavar="TYPE", help="Only people of it, such as 'FF-*'.")
@click.option("--kind", type=click.Choice(["transcript", "document"]), help="Only these texts.")
@people_option
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, help="20 unless told.")
@json_option("What was found")
@warehouse_options
def command(
    words: tuple[str, ...],
    type_pattern: str | None,
    kind: str | None,
    people: str | None,
    limit: int,
    as_json: bool,
    target: str | None,
    data_dir: str | None,
) -> None:
    """Search what people say and write; the best passages first.

    WORDS must all be there. "A phrase" stands in quotes (within the shell's: '"fear of failure"'),
    fail* begins a word, AND, OR, NOT and brackets join them, and -word leaves out, as NOT does.
    Case and accents don't matter.
    """
    context = prepare(target, data_dir=data_dir)
    wanted = SearchTerms(" ".join(words), type_pattern, kind, people, limit)
    passages = search(context, wanted)
    if as_json:
        say_json({"search": wanted.text, "found": [asdict(one) for one in passages]})
    else:
        out = console()
        for one in passages:
            show(out, one)
    if not passages:
        raise NothingError(f"No passage has {quoted(wanted.text, 200)}. {NOTHING}")


def show(out: Terminal, one: FoundPassage) -> None:
    """A passage in two or three lines."""
    when = "" if one.start_s is None else f" at {clock_time(one.start_s)}"
    language = f", {one.language}" if one.language else ""
    who = f"{one.name} ({one.row_id}), {one.personality_type or 'no type'}"
    out.say(f"{who}: {one.kind}{when}, {one.source}{language}", style="bold")
    out.passage(*around(one), lead="  ")
    if one.address:
        out.say(one.address, lead="  ")


def around(one: FoundPassage) -> tuple[str, list[tuple[int, int]]]:
    """The part of a passage that is shown, and where in it what was found stands."""
    first = one.matches[0][0] if one.matches else 0
    last = one.matches[-1][1] if one.matches else 0
    begin, end = max(0, first - AROUND), last + AROUND
    before, after = "…" if begin else "", "…" if end < len(one.passage) else ""
    moved = len(before) - begin
    places = [(start + moved, stop + moved) for start, stop in one.matches]
    return f"{before}{one.passage[begin:end]}{after}", places
