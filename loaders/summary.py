"""What an ingest did, in words."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loaders.newer_rules import ReadAgain
    from loaders.pipeline import IngestSummary


NOTHING_NAMED = (
    "Nothing was loaded, since no sheet and no CSV is named: give --sheet or --legacy-csv, or set "
    "sheet.source or legacy_csv.paths."
)


def summary_text(summary: "IngestSummary") -> str:
    """What an ingest did, in a few sentences."""
    from loaders.columns import shown_titles
    from rowkeeper.core.text import harmless

    said = []
    if summary.sheet_source:
        state = "loaded" if summary.sheet_changed else "unchanged"
        where = f"{summary.sheet_source}, tab {summary.tab}"
        said.append(f"Sheet {where}: {summary.sheet_rows} rows, {state}.")
    if summary.new_columns:
        said.append(f"New in the sheet: {shown_titles(summary.new_columns)}.")
    if summary.legacy_files:
        new = len(summary.new_legacy_files)
        said.append(f"Legacy CSVs: {summary.legacy_files} read, {new} new.")
    said += map(harmless, summary.notices)
    said += read_again_said(summary.read_again)
    if not said:
        said.append(NOTHING_NAMED)
    return " ".join(said)


def read_again_said(again: "ReadAgain") -> list[str]:
    """A sentence on what newer rules found; none where no row was read again."""
    links = f"{again.more} links more, {again.fewer} fewer"
    return [f"Read {again.rows} rows again by newer rules: {links}."] if again.rows else []
