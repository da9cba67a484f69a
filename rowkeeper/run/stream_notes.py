"""Notes of what is on its way into the store, for a run that is killed meanwhile.

A note in the work folder says, just before an object is made, what it will be: a run that is killed
before the events finds the object by it, and tells of it instead of fetching again.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rowkeeper.core.disk.own import is_own_file, write_small
from rowkeeper.core.text import from_json

if TYPE_CHECKING:
    from downloaders.base import Fetched, Request

NOTE = ".straight"


@dataclass(frozen=True)
class Noted:
    """What an object will be, or is if its run was killed just then."""

    key: str
    fetched: "Fetched"


def note_path(folder: Path, request: "Request") -> Path:
    """Where it is noted what the object of ``request`` will be."""
    return folder / f"{request.asset_id}{NOTE}"


def write_note(path: Path, key: str, fetched: "Fetched") -> None:
    """Note that ``fetched`` becomes the object at ``key``; raises ``OSError``."""
    facts = {**asdict(fetched), "path": str(fetched.path)}
    write_small(path, json.dumps({"key": key, "fetched": facts}))


def read_note(path: Path) -> Noted | None:
    """The note at ``path``; None where there is none, or none that can be read."""
    from downloaders.base import Fetched

    try:
        if not is_own_file(path):
            return None
        note = from_json(path.read_bytes())
        fetched = Fetched(**{**note["fetched"], "path": Path(note["fetched"]["path"])})
        return Noted(str(note["key"]), fetched)
    except (OSError, ValueError, KeyError, TypeError):
        return None
