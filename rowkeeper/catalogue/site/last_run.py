"""The last run in words, and whether the pages for readers are of it."""

import re

from rowkeeper.catalogue.publish import Record
from rowkeeper.catalogue.site.folder import site_folder
from rowkeeper.core.disk.own import is_own_file
from rowkeeper.workspace.context import Context

OUTCOMES = {
    "succeeded": "ended well",
    "nothing_new": "ended well and found nothing to do",
    "failed": "failed",
    "interrupted": "was interrupted",
    "not_ended": "has not ended",
}
ENDED_BADLY = frozenset({"failed", "interrupted"})
_SHOWN = re.compile(r'data-run="([^"]*)"')


def run_text(run: Record) -> str:
    """When it was, how it ended and what to do next."""
    ended = f" to {run['ended_at']}" if run["ended_at"] else ""
    code = f" with {run['exit_code']}" if run["outcome"] == "failed" else ""
    when = f"{run['command']}, {run['started_at']}{ended}"
    said = [f"Last run: {when}, {OUTCOMES[run['outcome']]}{code}"]
    if code:
        said.append(str(run["message"]).rstrip("."))
    said += [run["next_step"]] if run["next_step"] else []
    return ": ".join(said)


def are_pages_older(context: Context, run: Record) -> bool:
    """Are there pages, and of an earlier state than ``run``, the last one, has left?"""
    page = site_folder(context) / "index.html"
    if not is_own_file(page):
        return False
    shown = _SHOWN.search(page.read_text("utf-8", "replace"))
    return shown is None or shown[1] != state_of(run)


def state_of(run: Record) -> str:
    """What a page keeps of the run that it is of."""
    return f"{run['run_id']} {run['outcome']}"
