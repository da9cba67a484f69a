"""The pages that are tables: links, failures, sessions, quarantine, claims, data quality."""

from collections.abc import Callable, Sequence
from typing import Any

from rowkeeper.catalogue.publish import Record
from rowkeeper.catalogue.site.data import MOST, SiteData
from rowkeeper.catalogue.site.pages import link, local, plots

SESSION_COLUMNS = (
    *("created_at", "completed_at", "activity", "session_type", "status", "total_assets"),
    *("completed_assets", "failed_assets"),
)


Page = dict[str, Any]
"""What the template of a page is given."""


def lists(data: SiteData, docs: str | None, files: dict[str, str]) -> dict[str, Page]:
    """The pages that are tables, by the names of their files."""

    def person(record: Record) -> dict[str, str]:
        file = files.get(record["row_id"])
        words = f"{record['row_id'] or ''} {record['name'] or ''}".strip()
        return local(f"person/{file}", words) if file else {"text": words}

    return {
        "links.html": _links(data),
        "failures.html": _failures(data, person),
        "sessions.html": _sessions(data),
        "quarantine.html": _quarantine(data),
        "claims.html": _claims(data, person),
        "quality.html": _quality(data, docs),
    }


def _links(data: SiteData) -> Page:
    return {
        "title": "Links by fate",
        "lead": "Each link that stands in a cell or a document today, and what became of it.",
        "plots": plots(data)[-1:],
        "tables": [_table("Links", data.rows["fates"], ("fate", "reason", "links"))],
    }


def _failures(data: SiteData, person: Callable[[Record], dict[str, str]]) -> Page:
    failures = data.rows["failures"]
    rest = len(failures) - MOST
    rows = [
        [
            person(one),
            f"{one['asset_type'] or one['provider']} ({one['stage']})",
            link(one["original_url"]),
            f"{one['error_message']} ({one['error_code']})",
            one["attempts"],
            one["last_failed_at"],
            one["next_step"],
        ]
        for one in failures[:MOST]
    ]
    titles = ("Who", "What", "Link", "Why", "Tries", "When", "What to do")
    more = f"and {rest} more: rowkeeper status --json" if rest > 0 else ""
    return {
        "title": "Failures",
        "lead": "What was not fetched or not archived, the newest first, and what to do.",
        "tables": [("Failures", titles, rows, more)],
    }


def _sessions(data: SiteData) -> Page:
    caption = "Sessions of downloads, uploads and checks, the newest first"
    return {
        "title": "Sessions",
        "tables": [_table(caption, data.rows["sessions"], SESSION_COLUMNS)],
    }


def _quarantine(data: SiteData) -> Page:
    columns = ("source", "file", "line", "row_id", "name", "reason")
    return {
        "title": "Quarantine",
        "lead": "Rows of the sources that no table can use until they are mended, each with why.",
        "tables": [_table("Rows", data.rows["quarantine"], columns)],
    }


def _claims(data: SiteData, person: Callable[[Record], dict[str, str]]) -> Page:
    rows = [
        [
            person(one),
            one["claim"],
            one["standing"],
            one["reason"],
            f"{one['file']}, line {one['line']}",
        ]
        for one in data.rows["claims"]
    ]
    return {
        "title": "Claims",
        "lead": "What a legacy CSV says and nothing supports, or two rows claim.",
        "tables": [("Claims", ("Who", "Claim", "Standing", "Why", "Where"), rows, "")],
    }


def _quality(data: SiteData, docs: str | None) -> Page:
    rows = [[one.test, one.rows, "; ".join(one.examples), one.relation] for one in data.warnings]
    titles = ("Test", "Rows", "The first of them", "All of them")
    return {
        "title": "Data quality",
        "lead": "The data tests of the last build: those that stop a build passed, or there "
        "were no tables; these warn.",
        "docs": docs,
        "tables": [("Tests that warn", titles, rows, "")],
    }


def _table(caption: str, records: Sequence[Record], columns: Sequence[str]) -> tuple[Any, ...]:
    rows = [[record[name] for name in columns] for record in records]
    return caption, [name.replace("_", " ") for name in columns], rows, ""
