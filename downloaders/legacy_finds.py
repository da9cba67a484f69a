"""What lies in the folders of the old system: finished files, sidecars, and what is neither."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from rowkeeper.core.errors import InputError
from rowkeeper.core.net.sniff import HEAD, is_html
from rowkeeper.core.text import from_json

SIDECAR = "_metadata.json"
UNFINISHED = re.compile(
    r"\.(?:part(?:ial|-frag\d+)?|ytdl|te?mp|crdownload|download|opdownload|aria2|!ut)\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Unmatched:
    """A file that is left where it is, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Sidecar:
    """What a ``*_metadata.json`` says: whose download it was, of what, and the files it made."""

    path: Path
    row_id: str
    name: str
    email: str
    media_ids: tuple[str, ...]
    file_names: tuple[str, ...]


def find(folders: Iterable[Path]) -> tuple[list[Path], list[Sidecar], list[Unmatched]]:
    """Finished files, sidecars and leftovers below ``folders``, in the order of their paths.

    Raises ``InputError`` for a folder that isn't there. Links out of a folder are not followed.
    """
    media: list[Path] = []
    sidecars: list[Sidecar] = []
    leftovers: list[Unmatched] = []
    for folder in dict.fromkeys(folders):
        if not folder.is_dir():
            raise InputError(f"{folder} is no folder: name the one that the old system wrote to.")
        for path in _below(folder):
            if path.is_symlink():
                leftovers.append(Unmatched(path, "a link, not a file"))
            elif path.is_file():
                _sort(path, media, sidecars, leftovers)
    return media, sidecars, leftovers


def _below(folder: Path) -> list[Path]:
    """All that is below ``folder``. Raises ``InputError`` for a folder that can't be read."""

    def refuse(error: OSError) -> None:
        raise InputError(
            f"The folder {error.filename} can't be read ({error.strerror}): give this user the "
            "right to read it, and run again."
        )

    walk = os.walk(folder, onerror=refuse)
    return sorted(Path(here) / name for here, *names in walk for name in chain(*names))


def _sort(
    path: Path, media: list[Path], sidecars: list[Sidecar], leftovers: list[Unmatched]
) -> None:
    if path.name.endswith(SIDECAR):
        sidecar = read_sidecar(path)
        if sidecar is None:
            leftovers.append(Unmatched(path, "a sidecar that can't be read"))
        else:
            sidecars.append(sidecar)
    else:
        try:
            reason = leftover(path)
        except OSError as error:
            reason = f"it can't be read ({error.strerror})"
        if reason:
            leftovers.append(Unmatched(path, reason))
        else:
            media.append(path)


def leftover(path: Path) -> str | None:
    """Why ``path`` is no content, or None."""
    for suffix in path.suffixes[-2:]:
        if UNFINISHED.match(suffix):
            return f"unfinished ({suffix})"
    if path.stat().st_size == 0:
        return "empty"
    with path.open("rb") as file:
        if is_html(file.read(HEAD)):
            return "a web page saved as a file"
    return None


def read_sidecar(path: Path) -> Sidecar | None:
    """The sidecar at ``path``; None if it is none."""
    try:
        facts = from_json(path.read_text("utf-8"))
        result: dict[str, Any] = facts.get("download_result") or {}
        media_ids = str(result.get("media_id") or "").split(",")
        names = result.get("files_downloaded") or ()
        return Sidecar(
            path=path,
            row_id=str(facts["source_csv_row_id"]).strip(),
            name=str(facts.get("person_name") or ""),
            email=str(facts.get("person_email") or ""),
            media_ids=tuple(item.strip() for item in media_ids if item.strip()),
            file_names=tuple(map(str, [names] if isinstance(names, str) else names)),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
