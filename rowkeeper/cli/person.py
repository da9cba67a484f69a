"""``rowkeeper person``: who it is, what there is of them, and what to do next."""

from dataclasses import asdict
from itertools import groupby
from typing import Any

import click
from rich.filesize import decimal

from rowkeeper.catalogue.person import PersonFacts, read_person
from rowkeeper.catalogue.publish import Record
from rowkeeper.cli.options import json_option, prepare, warehouse_options
from rowkeeper.cli.terminal import Terminal, console, say_json
from rowkeeper.core.links.moments import at_second
from rowkeeper.core.times import clock_time


@click.command()
@click.argument("who", metavar="PERSON")
@click.option("--words", is_flag=True, help="What they say and write, too.")
@json_option("All of it")
@warehouse_options
def command(who: str, words: bool, as_json: bool, target: str | None, data_dir: str | None) -> None:
    """Show a person: type and history, each asset with its state and place, and what to do next.

    PERSON is a row id, a name or an e-mail address.
    """
    facts = read_person(prepare(target, data_dir=data_dir), who, words=words)
    if as_json:
        say_json(asdict(facts))
        return
    show(console(), facts)


def show(out: Terminal, facts: PersonFacts) -> None:
    """All that is known of a person, in words."""
    _show_person(out, facts)
    for asset in facts.assets:
        _show_asset(out, asset)
    for link in facts.unsupported_links:
        _heading(out, f"Not fetched: {link['original_url']}")
        _line(out, f"{str(link['error_message']).rstrip('.')}: {link['next_step']}")
    _show_words(out, facts.words)


def _show_person(out: Terminal, facts: PersonFacts) -> None:
    person = facts.person
    _heading(out, f"{person['row_id']} {person['name']}")
    _facts(
        out,
        {
            "type": person["personality_type"],
            "e-mail": person["email"],
            "status": person["status"],
            "notes": person["notes"],
            "link": person["source_link"],
            "typing document": person["typing_document_link"],
            "where": person["last_seen_in"],
            "left the sheet": None
            if person["in_sheet"]
            else person["left_sheet_at"] or "not in it",
            "archived": f"{person['archived'] or 0} of {person['expected'] or 0} expected"
            + (", complete" if person["is_complete"] and person["expected"] else ""),
        },
    )
    for before, after in zip(facts.history, facts.history[1:], strict=False):
        changed = [
            f"{name.replace('_', ' ')} {before[name]!r} became {after[name]!r}"
            for name in ("name", "email", "personality_type", "source_link")
            if before[name] != after[name]
        ]
        if changed:
            _line(out, f"{after['valid_from']}: {'; '.join(changed)} ({after['first_seen_in']})")


def _show_asset(out: Terminal, asset: Record) -> None:
    state = (
        asset["download_status"]
        if asset["is_wanted"]
        else f"{asset['download_status']}, not wanted"
    )
    _heading(out, f"{asset['asset_type']}: {asset['filename'] or asset['original_url']}: {state}")
    size, failure = asset["file_size_bytes"], asset["error_message"]
    tries = f", {asset['attempts']} tries" if asset["attempts"] else ""
    _facts(
        out,
        {
            "asset": asset["asset_id"],
            "link": asset["original_url"],
            "size": None if size is None else decimal(size),
            "SHA-256": asset["sha256"],
            "file": asset["local_file_path"],
            "archived": asset["cloud_storage_url"],
            "failed": failure and f"{failure} ({asset['error_code']}{tries})",
            "next": asset["next_step"],
            "not before": asset["next_try_at"],
        },
    )


def _show_words(out: Terminal, words: list[Record]) -> None:
    for (kind, url), passages in groupby(words, lambda one: (one["kind"], one["original_url"])):
        texts = list(passages)
        _heading(out, f"{kind.capitalize()} {texts[0]['title'] or ''} {url or ''}")
        for one in texts:
            begins = one["start_s"]
            when = "" if begins is None else f"{clock_time(begins)} "
            _line(out, f"{when}{one['text']}")
        if texts[0]["start_s"] is not None:
            _line(out, f"(the first opens at {at_second(url, texts[0]['start_s'])})")


def _heading(out: Terminal, text: str) -> None:
    out.say(text, style="bold")


def _facts(out: Terminal, facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        if value not in (None, ""):
            _line(out, f"{name}: {value}")


def _line(out: Terminal, text: str) -> None:
    out.say(text, lead="  ")
