"""Files that the old system left: told apart, matched to the assets they are, and adopted.

It wrote ``{video_id}.mp4``, ``{video_id}_transcript.vtt`` and ``{file_id}.{ext}``, other Drive
files under their own names or as ``row_{row_id}_{name}``, and beside them ``*_metadata.json``
sidecars that say which row asked for which files. A row id in a name is a hint, never a proof: a
file is matched by its media id, by a sidecar that names the medium and the very person, or by a
name that the CSV gives to one asset alone.
"""

import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from downloaders import files
from downloaders.base import AssetOwner, Fetched, FetchSettings, Request
from downloaders.places import Places
from rowkeeper.core.errors import InputError
from rowkeeper.core.identity import compare_key
from rowkeeper.core.net.sniff import HEAD, is_html
from rowkeeper.core.paths import safe_extension
from rowkeeper.core.said import without_secrets
from rowkeeper.core.text import from_json

CHUNK = 1 << 20
SIDECAR = "_metadata.json"
UNFINISHED = frozenset({".part", ".ytdl", ".temp", ".tmp"})
_TRANSCRIPT = re.compile(r"(.+?)(?:_transcript)?(?:\.[A-Za-z-]{2,10})?\.(?:vtt|srt|txt)")


@dataclass(frozen=True)
class WantedFile:
    """An asset that waits for its file, and whose it is (name and e-mail as in the tables).

    ``file_names`` are those that a legacy row gives to this asset and to nothing else.
    """

    request: Request
    name: str
    email: str
    file_names: tuple[str, ...] = ()

    @property
    def person(self) -> AssetOwner:
        """Whose file it is, for the sidecar."""
        return AssetOwner(name=self.name, email=self.email or None)


@dataclass(frozen=True)
class Match:
    """A file that is the content of an asset; ``evidence`` says in words how that is known."""

    path: Path
    wanted: WantedFile
    evidence: str


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
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{folder} is no folder: name the one that the old system wrote to.")
        for path in sorted(folder.rglob("*")):
            if path.is_symlink():
                leftovers.append(Unmatched(path, "a link, not a file"))
            elif path.is_file():
                _sort(path, media, sidecars, leftovers)
    return media, sidecars, leftovers


def _sort(
    path: Path, media: list[Path], sidecars: list[Sidecar], leftovers: list[Unmatched]
) -> None:
    if path.name.endswith(SIDECAR):
        sidecar = read_sidecar(path)
        if sidecar is None:
            leftovers.append(Unmatched(path, "a sidecar that can't be read"))
        else:
            sidecars.append(sidecar)
    elif reason := leftover(path):
        leftovers.append(Unmatched(path, reason))
    else:
        media.append(path)


def leftover(path: Path) -> str | None:
    """Why ``path`` is no content, or None."""
    for suffix in path.suffixes[-2:]:
        if suffix.lower() in UNFINISHED:
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
        return Sidecar(
            path=path,
            row_id=str(facts["source_csv_row_id"]).strip(),
            name=str(facts.get("person_name") or ""),
            email=str(facts.get("person_email") or ""),
            media_ids=tuple(item.strip() for item in media_ids if item.strip()),
            file_names=tuple(str(name) for name in result.get("files_downloaded") or ()),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def match(
    media: Iterable[Path], sidecars: Iterable[Sidecar], wanted: Iterable[WantedFile]
) -> tuple[list[Match], list[Unmatched]]:
    """Which file is which asset. A file may be several people's; an asset takes one file."""
    waiting = _Waiting(list(wanted))
    named = {
        (sidecar.path.parent / name): sidecar for sidecar in sidecars for name in sidecar.file_names
    }
    matches: dict[str, Match] = {}
    unmatched: list[Unmatched] = []
    for path in media:
        candidates = list(_matches(path, named.get(path), waiting))
        for item in candidates:
            matches.setdefault(item.wanted.request.asset_id, item)
        if not candidates:
            unmatched.append(Unmatched(path, _why_not(path, named.get(path))))
    return list(matches.values()), unmatched


class _Waiting:
    """The wanted assets by medium, ``(media id, kind)``, and by the names that the CSV gives."""

    def __init__(self, wanted: list[WantedFile]) -> None:
        self.by_medium: dict[tuple[str, str], list[WantedFile]] = {}
        self.by_name: dict[str, list[WantedFile]] = {}
        for item in wanted:
            request = item.request
            medium = without_secrets(request.media_id)  # as sidecars have it
            self.by_medium.setdefault((medium, request.asset_kind), []).append(item)
            for name in item.file_names:
                self.by_name.setdefault(name, []).append(item)
                self.by_name.setdefault(f"row_{request.row_id}_{name}", []).append(item)


def _matches(path: Path, sidecar: Sidecar | None, waiting: _Waiting) -> Iterator[Match]:
    for key in media_keys(path):
        for wanted in waiting.by_medium.get(key, ()):
            yield Match(path, wanted, f"its name is the media id {key[0]}")
    if sidecar is not None and len(sidecar.media_ids) == len(sidecar.file_names) == 1:
        medium = without_secrets(sidecar.media_ids[0])
        for wanted in waiting.by_medium.get((medium, "file"), ()):
            if is_of(sidecar, wanted):
                evidence = f"the sidecar {sidecar.path.name} names medium and person"
                yield Match(path, wanted, evidence)
    listed = waiting.by_name.get(path.name, [])
    if len(listed) == 1 and (sidecar is None or is_of(sidecar, listed[0])):
        yield Match(path, listed[0], "the CSV gives this name to this medium alone")


def media_keys(path: Path) -> list[tuple[str, str]]:
    """``(media id, kind of asset)`` that the name of a file may stand for."""
    keys = [(path.stem, "file"), (path.stem, "video")]
    if path.suffix.lower() in {".vtt", ".srt", ".txt"}:
        transcript = _TRANSCRIPT.fullmatch(path.name)
        keys = [(path.stem, "file")]
        if transcript:
            keys.append((transcript[1], "transcript"))
    return keys


def is_of(sidecar: Sidecar, wanted: WantedFile) -> bool:
    """Does the sidecar speak of the person that has the row id now, and not of an earlier one?"""
    return wanted.request.row_id == sidecar.row_id and (
        compare_key(wanted.name) == compare_key(sidecar.name)
        or (bool(sidecar.email) and compare_key(wanted.email) == compare_key(sidecar.email))
    )


def _why_not(path: Path, sidecar: Sidecar | None) -> str:
    if sidecar is not None:
        media = ", ".join(sidecar.media_ids) or "no medium"
        return f"its sidecar names {media} for row {sidecar.row_id}, which waits for no such file"
    if match := re.match(r"row_([^_]+)_", path.name):
        return f"only its name says row {match[1]}, and a row id alone proves nothing"
    return "no asset waits for it"


def adopt(matched: Match, settings: FetchSettings, places: Places) -> Fetched:
    """A verified copy of the file at the asset's own place; the old file stays.

    Raises ``OSError``. A killed adoption leaves a ``.part`` that the next one writes anew.
    """
    request = replace(matched.wanted.request, person=matched.wanted.person)
    directory = files.partial_folder(settings.data_dir)
    path = directory / f"{request.asset_id}.{safe_extension(matched.path.name, None)}"
    part = files.part_of(path)
    with matched.path.open("rb") as source:
        size, digest = files.write_hashed(iter(lambda: source.read(CHUNK), b""), part)
    with suppress(OSError):  # some disks set no times and no rights
        shutil.copystat(matched.path, part)
    fetched = Fetched(
        path=path,
        filename=matched.path.name,
        mime_type=files.mime_type_of(path),
        size_bytes=size,
        sha256=digest,
        details={"adopted_from": matched.path.name, "evidence": matched.evidence},
    )
    return places.settle(request, files.commit(part, fetched))
