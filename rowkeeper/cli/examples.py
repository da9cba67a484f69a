"""An example for each command, which its help shows; a test parses each and misses none."""

from collections.abc import Mapping

import click

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "init": (
        "rowkeeper init --sheet people.xlsx",
        "rowkeeper init --sheet answers.csv --column name=Who --row-id email",
    ),
    "run": (
        "rowkeeper run --mode basic",
        "rowkeeper run --people 12,40-60 --limit 5 --dry-run",
        "rowkeeper run --store s3://our-archive/people --stream",
        "rowkeeper run --target prod --store s3://our-archive/people --cluster local:4",
    ),
    "retry": ("rowkeeper retry --provider youtube --people 12",),
    "status": (
        "rowkeeper status --people",
        "rowkeeper status --people 12,40-60",
        "rowkeeper status --json",
    ),
    "export csv": ("rowkeeper export csv --generation 21 --output people.csv",),
    "export bag": ("rowkeeper export bag --to bag --people 12",),
    "migrate status": ("rowkeeper migrate status",),
    "migrate archive": ("rowkeeper migrate archive --store s3://our-archive/people",),
    "migrate rollback": ("rowkeeper migrate rollback outputs/output.csv --generation 21",),
    "migrate adopt": ("rowkeeper migrate adopt youtube_downloads drive_downloads",),
    "migrate evidence": ("rowkeeper migrate evidence audit.json orphans.csv",),
    "migrate accept": (
        "rowkeeper migrate accept output.csv:17 --as 432",
        "rowkeeper migrate accept output.csv:17 --undo",
    ),
    "providers": ("rowkeeper providers",),
    "reconcile": ("rowkeeper reconcile --deep --differences differences.csv",),
    "verify": (
        "rowkeeper verify --sample 10%",
        "rowkeeper verify --older-than 90 --only objects",
    ),
    "store adopt": ("rowkeeper store adopt --hash --store s3://old-bucket",),
    "store move": (
        "rowkeeper store move --to row_name --dry-run",
        "rowkeeper store move --to 'kind' --remove-old",
    ),
    "restore": ("rowkeeper restore --to restored --people 12",),
    "rebuild": ("rowkeeper rebuild --target prod",),
    "journal check": ("rowkeeper journal check",),
    "journal salvage": ("rowkeeper journal salvage --json",),
    "person": ("rowkeeper person 42", "rowkeeper person 'Ann Ash' --words"),
    "search": (
        "rowkeeper search '\"my first job\" OR travel*'",
        "rowkeeper search home --type 'FF-*' --kind transcript",
    ),
    "site": ("rowkeeper site --to pages",),
    "serve": ("rowkeeper serve --port 0",),
    "read-words": ("rowkeeper read-words --json",),
    "url": ("rowkeeper url 42 --kind video --lifetime 15m",),
    "doctor": ("rowkeeper doctor --online",),
}
"""Command line -> examples of it, as a shell takes them."""


def show_examples(command: click.Command, words: str) -> None:
    """Let the help of ``command``, called by ``words``, and of those below it end with examples."""
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            show_examples(below, f"{words} {name}")
    elif examples := EXAMPLES.get(words):
        lines = "\n".join(f"  {example}" for example in examples)
        command.epilog = f"\b\nExamples:\n{lines}"
