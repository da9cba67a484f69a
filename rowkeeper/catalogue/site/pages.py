"""The pages of all, from the tables' records."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from rowkeeper.catalogue.kinds import kind_of, without_any
from rowkeeper.catalogue.publish import Record
from rowkeeper.catalogue.site.data import SiteData, counted
from rowkeeper.catalogue.site.last_run import ENDED_BADLY, OUTCOMES, run_text, state_of
from rowkeeper.catalogue.site.plots import Bar, Plot
from rowkeeper.core.said import without_secrets

MENU = (
    ("index.html", "Home"),
    ("people.html", "People"),
    ("search.html", "Search"),
    ("links.html", "Links"),
    ("failures.html", "Failures"),
    ("sessions.html", "Sessions"),
    ("quarantine.html", "Quarantine"),
    ("claims.html", "Claims"),
    ("quality.html", "Data quality"),
)
ATTENTION = 12
KINDS = ("video", "transcript", "document", "file")
PEOPLE_COLUMNS = (
    ("row_id", "Row"),
    ("name", "Name"),
    ("email", "E-mail"),
    ("type", "Type"),
    ("state", "State"),
    ("archived", "Archived"),
    ("failed", "Failed"),
    ("missing", "Missing"),
)


def size(number: Any) -> str:
    """Bytes as people say them."""
    amount = float(number or 0)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def link(url: Any, text: Any = None) -> dict[str, str]:
    """A link of a page. What is no web address leads nowhere, nor does one with a secret in it,
    which would open to whoever has the page."""
    address = str(url or "")
    plain = without_secrets(address)
    leads = plain == address and address.startswith(("http://", "https://"))
    return {"href": address if leads else "", "text": str(text or plain)}


def local(href: str, text: Any) -> dict[str, str]:
    """A link to another page of the site."""
    return {"href": href, "text": str(text)}


def home(data: SiteData) -> dict[str, Any]:
    """What needs attention with the command that mends it, and what there is."""
    people, assets = data.rows["people"], data.rows["assets"]
    held = [asset for asset in assets if asset["download_status"] in ("downloaded", "uploaded")]
    archived = sum(asset["download_status"] == "uploaded" for asset in assets)
    last = data.rows["runs"][:1]
    return {
        "title": "The archive",
        "last_run": [{"text": run_text(run), "state": state_of(run)} for run in last],
        "attention": _attention(data),
        "numbers": [
            ("people", len(people)),
            (
                "archived in full",
                sum(bool(one["is_complete"] and one["expected"]) for one in people),
            ),
            ("assets", len(assets)),
            ("of them archived", archived),
            ("on disk or in the store", size(sum(one["file_size_bytes"] or 0 for one in held))),
            ("failures", len(data.rows["failures"])),
        ],
        "plots": plots(data),
    }


def _attention(data: SiteData) -> list[list[Any]]:
    failures = data.rows["failures"]
    names = ("provider", "stage", "error_code", "verdict", "next_step")
    items: list[list[Any]] = []
    for run in data.rows["runs"][:1]:
        if (outcome := run["outcome"]) in ENDED_BADLY:
            why = run["message"] if outcome == "failed" else run["next_step"]
            again = {"command": "rowkeeper run"}
            items.append([f"The last run {OUTCOMES[outcome]}", 1, why, again])
    for (provider, stage, code, verdict, step), count in counted(failures, *names)[:ATTENTION]:
        what = local("failures.html", f"{provider}: {stage} failed")
        can_retry = stage != "link" and verdict != "permanent"
        command: Any = {"command": f"rowkeeper retry --reason {code}"} if can_retry else step
        items.append([what, count, f"{code}: {step}" if can_retry else code, command])
    for rows, page, words, remedy in (
        ("quarantine", "quarantine.html", "Rows that no table can use", "rowkeeper reconcile"),
        ("claims", "claims.html", "Claims that nothing supports", "rowkeeper migrate status"),
    ):
        if data.rows[rows]:
            why = "the page says why of each"
            items.append([local(page, words), len(data.rows[rows]), why, {"command": remedy}])
    for warned in data.warnings:
        what = local("quality.html", warned.test.replace("_", " "))
        items.append([what, warned.rows, "a data test warns", "mend what it lists in the sheet"])
    return items


def plots(data: SiteData) -> list[Plot]:
    """Each with its table beside it."""
    fates = _sums(data.rows["fates"], "fate", "links")
    return [
        _growth(data.rows["growth"]),
        _outcomes(data.rows["outcomes"][:60]),
        _coverage(_by_type(data.rows["people"])),
        _sizes(data.rows["bytes"]),
        Plot(
            "Links by fate",
            ("Fate", "Links"),
            fates,
            bars=[Bar(name, (("all", number),), str(number)) for name, number in fates],
        ),
    ]


def _growth(days: Sequence[Record]) -> Plot:
    totals = list(accumulate(int(day["bytes"]) for day in days))
    return Plot(
        "Growth of the archive",
        ("Day", "New files", "Size in all"),
        [(day["day"], day["files"], size(total)) for day, total in zip(days, totals, strict=True)],
        points=[0, *totals] if totals else (),
    )


def _outcomes(outcomes: Sequence[Record]) -> Plot:
    return Plot(
        "Last outcomes by day and site",
        ("Day", "Site", "Held", "Failed"),
        [(one["day"], one["provider"], one["held"], one["failed"]) for one in outcomes],
        bars=[
            Bar(
                f"{one['day']} {one['provider']}",
                (("held", one["held"]), ("failed", one["failed"])),
                f"{one['held']}, {one['failed']} failed",
            )
            for one in outcomes
        ],
    )


def _coverage(types: list[tuple[str, int, int]]) -> Plot:
    return Plot(
        "Coverage by type",
        ("Type", "Archived", "Expected"),
        types,
        bars=[
            Bar(
                str(name),
                (("archived", archived), ("rest", max(0, expected - archived))),
                f"{archived} of {expected}",
            )
            for name, archived, expected in types
        ],
    )


def _sizes(kinds: Sequence[Record]) -> Plot:
    return Plot(
        "Size by kind",
        ("Kind", "Assets", "Size"),
        [(one["asset_type"], one["assets"], size(one["bytes"])) for one in kinds],
        bars=[
            Bar(one["asset_type"], (("all", float(one["bytes"])),), size(one["bytes"]))
            for one in kinds
        ],
    )


def _by_type(people: Sequence[Record]) -> list[tuple[str, int, int]]:
    counts: dict[str, tuple[int, int]] = {}
    for one in people:
        name = one["type_functions"] or ("other" if one["personality_type"] else "none")
        archived, expected = counts.get(name, (0, 0))
        counts[name] = (archived + one["archived"], expected + one["expected"])
    rows = [(name, *numbers) for name, numbers in counts.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0]))


def _sums(records: Sequence[Record], name: str, number: str) -> list[tuple[str, int]]:
    sums: dict[str, int] = {}
    for record in records:
        sums[record[name]] = sums.get(record[name], 0) + record[number]
    return sorted(sums.items(), key=lambda item: -item[1])


def people_rows(
    people: Sequence[Record], assets: dict[str, list[Record]], files: dict[str, str]
) -> list[list[Any]]:
    """What ``people.js`` lists, in the order that it knows."""
    rows = []
    for one in people:
        wanted = [asset for asset in assets.get(one["row_id"], ()) if asset["is_wanted"]]
        has = {kind_of(asset) for asset in wanted if asset["download_status"] == "uploaded"}
        lacks = {kind_of(asset) for asset in wanted if asset["download_status"] != "uploaded"}
        rows.append(
            [
                one["row_id"],
                one["name"],
                one["email"],
                one["personality_type"],
                _state(one),
                one["archived"],
                one["expected"],
                one["failed"],
                one["missing"],
                *(one[f"type_{part}"] for part in ("modality", "functions", "animals", "number")),
                sorted(has),
                sorted(without_any(has, lacks)),
                files[one["row_id"]],
            ]
        )
    return rows


STATES = ("complete", "failed", "incomplete", "nothing asked for", "left the sheet")


def _state(person: Record) -> str:
    if not person["in_sheet"]:
        return STATES[4]
    if not person["expected"]:
        return STATES[3]
    if person["is_complete"]:
        return STATES[0]
    return STATES[1] if person["failed"] else STATES[2]


def people_page(data: SiteData) -> dict[str, Any]:
    """The filters of the list of people, by what there is."""
    people = data.rows["people"]

    def values(name: str) -> list[str]:
        return sorted({str(one[name]) for one in people if one[name] is not None})

    return {
        "title": "People",
        "people": len(people),
        "columns": PEOPLE_COLUMNS,
        "selects": [
            ("modality", "Modality", values("type_modality")),
            ("functions", "Functions", values("type_functions")),
            ("animals", "Animals", values("type_animals")),
            ("number", "Number", values("type_number")),
            ("state", "State", STATES),
            ("has", "Archived kind", KINDS),
            ("lacks", "No archived", KINDS),
        ],
    }
