"""What people call a kind: what of a person is archived by kind, what is not, and why."""

from collections.abc import Iterable, Mapping
from typing import Any

EVERYBODY_HAS = "video"
"""The kind that a person lacks even where no link asks for one."""
NO_LINK = "no known link"
BY_KIND = """
select assets.person_row_id as row_id, assets.{kind} as asset_kind, assets.mime_type,
    assets.download_status, assets.upload_status in {archived} as is_archived,
    failures.error_code, count(*) as assets
from {schema}.assets as assets
left join {schema}.failures as failures on assets.asset_id = failures.asset_id
where assets.is_wanted
group by 1, 2, 3, 4, 5, 6
"""
"""A record for all assets of a person that are alike in what :func:`with_kinds` asks of them."""


def kind_of(asset: Mapping[str, Any]) -> str:
    """``video``, ``transcript``, ``document`` or ``file``, or another of the tables' kinds; a video
    in Drive is a video once it is known to be one."""
    if str(asset["mime_type"] or "").startswith("video/"):
        return "video"
    kind = str(asset["asset_kind"])
    return "document" if kind.startswith("document") else kind


def without_any(archived: Iterable[str], not_archived: Iterable[str]) -> set[str]:
    """The kinds of which a person has nothing archived: those asked for, and the one that everybody
    has. Of the kinds in ``not_archived`` an asset is asked for and not archived."""
    return {EVERYBODY_HAS, *not_archived}.difference(archived)


def with_kinds(
    people: Iterable[Mapping[str, Any]], alike: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """``people`` with ``archived_kinds``, kind -> assets, and ``lacks``, kind -> why, sorted.

    ``alike``: records of ``BY_KIND``.
    """
    archived: dict[str, dict[str, int]] = {}
    lacks: dict[str, dict[str, set[str]]] = {}
    for one in alike:
        kind, row_id = kind_of(one), one["row_id"]
        if one["is_archived"]:
            counts = archived.setdefault(row_id, {})
            counts[kind] = counts.get(kind, 0) + one["assets"]
        else:
            lacks.setdefault(row_id, {}).setdefault(kind, set()).add(_why(one))
    rows = []
    for person in people:
        row_id = person["row_id"]
        has, why = archived.get(row_id, {}), lacks.get(row_id, {})
        why |= {kind: {NO_LINK} for kind in without_any(has, why) - why.keys()}
        reasons = {kind: ", ".join(sorted(why[kind])) for kind in sorted(why)}
        rows.append({**person, "archived_kinds": dict(sorted(has.items())), "lacks": reasons})
    return rows


def _why(asset: Mapping[str, Any]) -> str:
    if asset["error_code"]:
        return str(asset["error_code"])
    return "not fetched yet" if asset["download_status"] == "pending" else "fetched, not archived"
