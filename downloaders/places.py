"""Finished files on the way from the work folder to their places.

Before a file is moved, what is known of it is written down, so that a run killed between the move
and the event finds again not only the bytes but also their name and type.
"""

import json
import threading
from contextlib import suppress
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, Self

from downloaders.base import Discovered, Fetched, FetchSettings, Request
from downloaders.files import partial_folder, root_of
from downloaders.naming import checked_template, relative_path
from downloaders.sidecar import sidecar_path, write_sidecar
from rowkeeper.core.disk.own import is_own_file, own_file, replace_small
from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.disk.stored import FILES, asset_path, unlinked
from rowkeeper.core.disk.writing import sync, write_all
from rowkeeper.core.errors import NeedsPersonError
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.paths import apart, sha256_file, version_mark
from rowkeeper.core.text import from_json

MOVES = "moves.jsonl"
"""In the work folder: a line for each file that was moved, until its event is written."""


class Places:
    """The places of one run's files, for many threads; a context manager.

    At its end the notes of what was reported are gone; those of a killed run stay.
    """

    def __init__(self, settings: FetchSettings) -> None:
        self._settings = settings
        self._template = checked_template(settings.download.naming)
        self._root = root_of(settings.data_dir)
        self._folder_id = folder_id(settings.data_dir)
        self._path = partial_folder(settings.data_dir) / MOVES
        self._told = _read(self._path)
        self._lock = threading.Lock()
        self._known: set[Path] = set()
        make_folder(self._path.parent)
        self._file = own_file(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if not self._told:
            self._path.unlink(missing_ok=True)
            return
        with suppress(OSError):  # the longer one serves as well
            replace_small(self._path, "".join(_line(*item) for item in self._told.items()))

    def settle(self, request: Request, fetched: Fetched) -> Fetched:
        """Move a finished file to its place, with a sidecar if those are wanted.

        Another asset's file is never replaced: where one has the place, the asset id is added. Nor
        is an earlier version of the same asset: a newer one has its hash in its name. What a check
        found damaged is replaced.
        """
        place = self._root / relative_path(self._template, request, fetched)
        is_new = request.standing is not None and request.standing.sha256 != fetched.sha256
        if is_new or _is_older(place, request, fetched):
            place = apart(place, version_mark(fetched.sha256))
        details = {**fetched.details, "data_folder": self._folder_id}
        self._make(unlinked(self._settings.data_dir, place).parent)
        with self._lock:
            if place.exists() and not _is_of(place, request, fetched):
                place = apart(place, request.asset_id)
            kept = replace(fetched, path=place, details=details)
            kept = _beside(kept, request, self._settings.data_dir)
            self._note(request, kept)
            fetched.path.replace(place)
        sync(place.parent)
        self._describe(request, kept)
        return kept

    def recover(self, request: Request) -> Fetched | None:
        """The file of ``request`` that an earlier run finished but could not report, if any.

        It is hashed anew: what was changed since does not pass for what is described.
        """
        note = self._told.get(request.asset_id)
        if note is None:
            return None
        try:
            path = asset_path(self._settings.data_dir, f"{FILES}/{note['path']}")
            if sha256_file(path) != (note["sha256"], note["size_bytes"]):
                return None
            children = tuple(Discovered(**child) for child in note["discovered"])
            fetched = Fetched(**{**note, "path": path, "discovered": children})
        except (OSError, ValueError, KeyError, TypeError, NeedsPersonError):
            return None
        if not sidecar_path(path).exists():
            self._describe(request, fetched)
        return fetched

    def reported(self, request: Request) -> None:
        """The event of ``request`` is on disk: nothing more is to be known of the move."""
        with self._lock:
            self._told.pop(request.asset_id, None)

    def _make(self, folder: Path) -> None:
        """``folder``, made if missing, its name on disk."""
        if folder not in self._known:
            make_folder(folder)
            sync(folder.parent)
            self._known.add(folder)

    def _note(self, request: Request, kept: Fetched) -> None:
        facts = {item.name: getattr(kept, item.name) for item in fields(kept)}
        children = [asdict(child) for child in kept.discovered]
        path = kept.path.relative_to(self._root).as_posix()
        note = {**facts, "path": path, "discovered": children}
        write_all(self._file, _line(request.asset_id, note).encode("utf-8", "replace"))
        self._told[request.asset_id] = note

    def _describe(self, request: Request, kept: Fetched) -> None:
        if self._settings.download.sidecar != "none":
            write_sidecar(request, kept, with_email=self._settings.download.sidecar == "full")


def _line(asset_id: str, note: dict[str, Any]) -> str:
    return json.dumps([asset_id, note]) + "\n"


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """What was noted and not reported, by asset id; a line that is not whole says nothing."""
    notes: dict[str, dict[str, Any]] = {}
    try:
        lines = path.read_bytes().splitlines() if is_own_file(path) else []
    except OSError:
        return notes
    for line in lines:
        try:
            asset_id, note = from_json(line)
            notes[str(asset_id)] = dict(note)
        except (ValueError, TypeError):
            continue
    return notes


def _beside(fetched: Fetched, request: Request, data_dir: Path) -> Fetched:
    """``fetched`` with its words in plain text, if it has such, moved beside its place."""
    if fetched.text is None:
        return fetched
    digest, size = sha256_file(fetched.text)
    place = fetched.path.with_suffix(".txt")
    taken = place.exists() and request.asset_id not in place.name
    if taken and sha256_file(place) != (digest, size):
        place = apart(place, request.asset_id)
    fetched.text.replace(place)
    details = {"text_path": place.relative_to(data_dir).as_posix(), "text_sha256": digest}
    return replace(fetched, text=None, details={**fetched.details, **details})


def _is_older(place: Path, request: Request, fetched: Fetched) -> bool:
    """Is another version of the same asset at ``place``, whole?"""
    older = request.versions - {fetched.sha256}
    return bool(older) and place.is_file() and sha256_file(place)[0] in older


def _is_of(place: Path, request: Request, fetched: Fetched) -> bool:
    """May ``fetched`` take ``place``: is what stands there the same asset's, or the same bytes?"""
    if request.asset_id in place.name:
        return True
    try:
        if from_json(sidecar_path(place).read_bytes())["asset_id"] == request.asset_id:
            return True
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return sha256_file(place) == (fetched.sha256, fetched.size_bytes)
