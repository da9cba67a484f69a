"""Files that the old system left: told apart, matched to the assets they are, and adopted.

It wrote ``{video_id}.mp4``, ``{video_id}_transcript.vtt`` and ``{file_id}.{ext}``, other Drive
files under their own names or as ``row_{row_id}_{name}``, and beside them ``*_metadata.json``
sidecars that say which row asked for which files. A row id in a name is a hint, never a proof: a
file is matched by its media id, by a sidecar that names the medium and the very person, or by a
name that the CSV gives to one asset alone. Of several files that are one asset's, one is adopted
and each other one is told.
"""

import re
import shutil
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from downloaders import files
from downloaders.base import AssetOwner, Fetched, FetchSettings, Request
from downloaders.legacy_finds import Sidecar, Unmatched
from downloaders.places import Places
from rowkeeper.core.identity import compare_key
from rowkeeper.core.paths import base_name, safe_extension, sha256_file
from rowkeeper.core.said import without_secrets

CHUNK = 1 << 20
FILMS = frozenset(
    f".{name}"
    for name in (
        *("mp4", "m4v", "mov", "webm", "mkv", "avi", "flv", "3gp", "ts", "mpg", "mpeg", "wmv"),
        *("mp3", "m4a", "aac", "wav", "ogg", "oga", "ogv", "opus", "flac", "weba"),
    )
)
"""Extensions of films and sound: beside a video lie its thumbnail and its description."""
BY_NAME, BY_SIDECAR, BY_MEDIUM = range(3)
"""How well it is known whose a file is."""
_TRANSCRIPT = re.compile(r"(.+?)(?:_transcript)?(?:\.[A-Za-z-]{2,10})?\.(?:vtt|srt|txt)")


@dataclass(frozen=True)
class WantedFile:
    """An asset that waits for its file, and whose it is (name and e-mail as in the tables).

    ``file_names`` are those that legacy rows give to this asset; ``shares_names``: they give one of
    them to another asset, or to nobody knows which, too.
    """

    request: Request
    name: str
    email: str
    file_names: tuple[str, ...] = ()
    shares_names: bool = False

    @property
    def person(self) -> AssetOwner:
        """Whose file it is, for the sidecar."""
        return AssetOwner(name=self.name, email=self.email or None)


@dataclass(frozen=True)
class Match:
    """A file that is the content of an asset; ``evidence`` says in words how that is known,
    ``strength`` how well."""

    path: Path
    wanted: WantedFile
    evidence: str
    strength: int = BY_NAME


def match(
    media: Iterable[Path], sidecars: Iterable[Sidecar], wanted: Iterable[WantedFile]
) -> tuple[list[Match], list[Unmatched]]:
    """Which file is which asset. A file may be several people's; an asset takes one file."""
    waiting = _Waiting(list(wanted))
    named = {
        (sidecar.path.parent, plain_name(name)): sidecar
        for sidecar in sidecars
        for name in sidecar.file_names
    }
    found: dict[str, list[Match]] = {}
    unmatched: list[Unmatched] = []
    for path in media:
        sidecar = named.get((path.parent, plain_name(path.name)))
        candidates = {m.wanted.request.asset_id: m for m in _matches(path, sidecar, waiting)}
        for asset_id, item in candidates.items():
            found.setdefault(asset_id, []).append(item)
        if not candidates:
            unmatched.append(Unmatched(path, _why_not(path, sidecar)))
    matches = {asset_id: chosen for asset_id, some in found.items() if (chosen := _chosen(some))}
    adopted = {item.path for item in matches.values()}
    for asset_id, some in found.items():
        for item in some:
            if item.path not in adopted:
                unmatched.append(Unmatched(item.path, _why_another(item, matches.get(asset_id))))
    return list(matches.values()), list({left.path: left for left in unmatched}.values())


def _chosen(some: list[Match]) -> Match | None:
    """Which of the files that are one asset's is adopted: of those with the best evidence the
    largest, for the others may be cut. None where only a name that several have says it."""
    best = max(item.strength for item in some)
    certain = [item for item in some if item.strength == best]
    if best == BY_NAME and len({sha256_file(item.path) for item in certain}) > 1:
        return None
    return max(certain, key=lambda item: item.path.stat().st_size)


def _why_another(item: Match, chosen: Match | None) -> str:
    request = item.wanted.request
    if chosen is None:
        return (
            f"several files have this name, and nothing says which is that of row {request.row_id}"
        )
    what = f"{request.asset_kind} of row {request.row_id}"
    return f"another file was adopted as the same {what}: {chosen.path}"


def plain_name(name: str) -> str:
    """A file's name as it is compared: without folders, and however its accents are written."""
    return unicodedata.normalize("NFC", base_name(name))


class _Waiting:
    """The wanted assets by medium, ``(media id, kind)``, and by the names that the CSV gives."""

    def __init__(self, wanted: list[WantedFile]) -> None:
        self.by_medium: dict[tuple[str, str], list[WantedFile]] = {}
        self.by_name: dict[str, list[WantedFile]] = {}
        for item in wanted:
            request = item.request
            medium = without_secrets(request.media_id)  # as sidecars have it
            self.by_medium.setdefault((medium, request.asset_kind), []).append(item)
            for name in map(plain_name, item.file_names):
                if not item.shares_names:
                    self.by_name.setdefault(name, []).append(item)
                self.by_name.setdefault(f"row_{request.row_id}_{name}", []).append(item)


def _matches(path: Path, sidecar: Sidecar | None, waiting: _Waiting) -> Iterator[Match]:
    for key in media_keys(path):
        for wanted in waiting.by_medium.get(key, ()):
            yield Match(path, wanted, f"its name is the media id {key[0]}", BY_MEDIUM)
    if sidecar is not None and len(sidecar.media_ids) == len(sidecar.file_names) == 1:
        medium = without_secrets(sidecar.media_ids[0])
        for wanted in waiting.by_medium.get((medium, "file"), ()):
            if is_of(sidecar, wanted):
                evidence = f"the sidecar {sidecar.path.name} names medium and person"
                yield Match(path, wanted, evidence, BY_SIDECAR)
    listed = waiting.by_name.get(plain_name(path.name), [])
    if len(listed) == 1 and (sidecar is None or is_of(sidecar, listed[0])):
        yield Match(path, listed[0], "the CSV gives this name to this medium alone", BY_NAME)


def media_keys(path: Path) -> list[tuple[str, str]]:
    """``(media id, kind of asset)`` that the name of a file may stand for."""
    keys = [(path.stem, "file")]
    if path.suffix.lower() in FILMS:
        keys.append((path.stem, "video"))
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
