"""The page of a person: type and history, recordings with their words, each asset's story."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rowkeeper.catalogue.publish import Record
from rowkeeper.catalogue.site.pages import link, size
from rowkeeper.core.disk.stored import is_plain
from rowkeeper.core.paths import safe_segment

HISTORY = ("valid_from", "name", "email", "personality_type", "first_seen_in")
STATES = {"uploaded": "good", "downloaded": "wait", "pending": "wait", "failed": "bad"}


def file_names(people: Sequence[Record]) -> dict[str, str]:
    """Row id -> the name of the page, apart also where a disk does not tell cases apart."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for record in people:
        row_id = str(record["row_id"])
        name = safe_segment(row_id).replace("%", "=")
        if name.casefold() in taken:
            name = f"{name}-{row_id.encode().hex()[:60]}"
        taken.add(name.casefold())
        names[row_id] = f"{name}.html"
    return names


def person_page(
    person: Record,
    history: Sequence[Record],
    assets: Sequence[Record],
    unsupported: Sequence[Record],
    texts: Sequence[Record],
    folder: Path,
    data_dir: Path,
) -> dict[str, Any]:
    """What the template is given. ``texts`` have a ``file``, an ``owner``, and what they are of;
    ``folder`` is where the page lies."""
    shown = [_asset(asset, folder, data_dir) for asset in assets]
    return {
        "title": f"{person['name'] or 'No name'} ({person['row_id']})",
        "row_id": person["row_id"],
        "facts": [
            ("Type", person["personality_type"]),
            ("E-mail", person["email"]),
            ("Archived", f"{person['archived']} of {person['expected']} expected"),
            ("Link", link(person["source_link"]) if person["source_link"] else None),
            (
                "Typing document",
                link(person["typing_document_link"]) if person["typing_document_link"] else None,
            ),
            ("Seen in", person["last_seen_in"]),
            ("Sheet", None if person["in_sheet"] else "not in the newest one"),
        ],
        "history": [[one[name] for name in HISTORY] for one in history],
        "recordings": _recordings(assets, texts, folder, data_dir),
        "texts": texts,
        "assets": shown,
        "unsupported": [
            [link(one["original_url"]), one["error_message"], one["next_step"]]
            for one in unsupported
        ],
    }


def _recordings(
    assets: Sequence[Record], texts: Sequence[Record], folder: Path, data_dir: Path
) -> list[dict[str, Any]]:
    """What can be played or read: a recording with the words of its address, a document."""
    by_url: dict[str, list[Record]] = {}
    for text in texts:
        by_url.setdefault(text["url"] or text["owner"], []).append(text)
    recordings = []
    for asset in assets:
        mime = str(asset["mime_type"] or "")
        if mime.startswith(("video/", "audio/")):
            words = by_url.pop(asset["original_url"] or "", [])
            src = _beside(asset["local_file_path"], folder, data_dir)
            recordings.append(
                {
                    **_head(asset["filename"] or asset["original_url"], asset["original_url"]),
                    "state": f"{asset['asset_type']}, {asset['download_status']}",
                    "asset_id": asset["asset_id"],
                    "is_audio": mime.startswith("audio/"),
                    "src": src,
                    "texts": words,
                }
            )
    for url, words in by_url.items():
        head = _head(words[0]["title"] or url, words[0]["url"])
        recordings.append({**head, "state": words[0]["kind"], "texts": words})
    return recordings


def _head(title: Any, url: Any) -> dict[str, Any]:
    address = link(url)
    return {"title": title, "href": address["href"], "address": address["text"], "asset_id": None}


def _asset(asset: Record, folder: Path, data_dir: Path) -> dict[str, Any]:
    state = str(asset["download_status"])
    failure = asset["error_message"]
    src = _beside(asset["local_file_path"], folder, data_dir)
    number = asset["file_size_bytes"]
    return {
        "name": f"{asset['asset_type']}: {asset['filename'] or asset['original_url'] or ''}",
        "state": state if asset["is_wanted"] else f"{state}, no longer wanted",
        "css": STATES.get(state, "wait"),
        "is_bad": bool(failure),
        "facts": [
            ("Link", link(asset["original_url"]) if asset["original_url"] else None),
            ("Asked for", asset["created_at"]),
            ("Fetched", _when(asset["downloaded_at"], asset["download_attempts"])),
            ("Read", asset["last_read_at"]),
            ("Size", None if number is None else size(number)),
            ("SHA-256", asset["sha256"]),
            ("File", {"href": src, "text": asset["local_file_path"]} if src else None),
            ("Archived", asset["cloud_storage_url"]),
            (
                "Verified there",
                asset["uploaded_at"] and _when(asset["uploaded_at"], asset["upload_attempts"]),
            ),
            ("Failed", failure and f"{failure} ({asset['error_code']})"),
            ("What to do", asset["next_step"]),
            ("Not before", asset["next_try_at"]),
            ("Asset", asset["asset_id"]),
        ],
    }


def _when(moment: Any, tries: Any) -> str:
    return f"{moment or 'not yet'}, in {tries or 0} tries"


def _beside(path: Any, folder: Path, data_dir: Path) -> str:
    """The address of a file of the data folder, from the page's; '' for none."""
    if not path or not is_plain(str(path)):
        return ""
    return quote(Path(os.path.relpath(data_dir / str(path), folder)).as_posix())
