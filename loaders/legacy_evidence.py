"""Lists that the old system left, as evidence of whose a file is: audits, gold standards, orphans,
recovery proposals.

They come as tables with titles, as JSON or as JSON lines, and name a file with a row id, a person
or both. What they say is never taken for a fact: it only decides between claims.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from loaders.legacy_cells import split_names
from loaders.legacy_claims import MAPPING, video_of
from loaders.text_files import (
    MAX_BYTES,
    Decoded,
    decode,
    headed,
    lines_of,
    read_bytes,
    read_records,
)
from rowkeeper.core.csv.legacy import is_nothing
from rowkeeper.core.errors import InputError
from rowkeeper.core.identity import compare_key, row_id_key
from rowkeeper.core.ids import UUID
from rowkeeper.core.links.classify import NOT_IDS, classify
from rowkeeper.core.text import each_text, encodable, from_json, to_json
from rowkeeper.core.titles import TITLES, title_key

Row = dict[str, Any]

_PREFIX = "(?:proposed|correct|actual|expected|true|owner|gold|person|belongsto|suggested)?"
_ROW_ID = re.compile(_PREFIX + "(?:rowid|rownumber|rowno|rownr|row|row#|id|#)")
_ROW_KEY = re.compile(r"(?:row|person)?[ _#-]*([0-9]+)", re.IGNORECASE)
_PERSON = re.compile(_PREFIX + "(?:person|personname|name|fullname|owner|email|emailaddress|mail)")
_FILE = re.compile(
    "(?:youtube|google|drive|googledrive|s3|original|local)?"
    "(?:file|filename|path|filepath|localpath|media|mediaid|video|videoid|fileid|driveid|youtubeid|"
    "url|link|uuid|fileuuid|s3path|s3key|s3|key|object|objectkey|asset|document)s?(?:name|id)?"
)
_KINDS = {"audit": "audit", "gold": "gold standard", "orphan": "orphans", "recover": "recovery"}
_UUID = re.compile(UUID.pattern, re.IGNORECASE)
_IS_FILE = re.compile(_UUID.pattern + r"|\.[A-Za-z][A-Za-z0-9]{1,3}$", re.IGNORECASE)
_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_GOOGLE_ID = re.compile(r"[A-Za-z0-9_-]{25,128}")


@dataclass(frozen=True)
class EvidenceFile:
    """The rows of ``raw.legacy_evidence`` of one list.

    ``passed_over``: its records that name no file or nobody; ``notice`` as in ``Decoded``.
    """

    path: Path
    rows: list[Row] = field(default_factory=list)
    passed_over: int = 0
    notice: str = ""


def read_evidence(path: Path) -> EvidenceFile:
    """The list at ``path``. Raises ``InputError`` for what can't be read or names no file."""
    try:
        data = read_bytes(path, MAX_BYTES, "nothing, but split the file")
    except OSError as error:
        raise InputError(
            f"The list {path} can't be read ({error.strerror}): check its name and its rights."
        ) from error
    text = decode(path, data)
    digest, name = sha256(data).hexdigest(), path.name
    kind = next((word for mark, word in _KINDS.items() if mark in name.casefold()), "list")
    rows: list[Row] = []
    passed_over, titles = 0, set[str]()
    for line, record in _records(path, text):
        titles |= record.keys()
        evidence = list(_evidence(record))
        passed_over += not evidence
        for facts in evidence:
            key = f"{digest}:{line}:{len(rows)}"
            common = {"evidence_key": key, "file_sha256": digest, "list_name": name}
            rows.append({**common, "list_kind": kind, "line": line, **facts})
    if not rows:
        shown = ", ".join(sorted(titles)[:10]) or "no titles"
        raise InputError(
            f"No record of {path} names a file and a row id or a person (it has {shown}): give it "
            "titles such as row_id, file, person."
        )
    return EvidenceFile(path, rows, passed_over, text.notice)


def _records(path: Path, text: Decoded) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The records with their line in the file; in one JSON value, their place in it."""
    if path.name.casefold().endswith((".jsonl", ".ndjson")):
        for line, item in enumerate(text.text.splitlines(), 1):
            if item.strip():
                yield from ((line, record) for record in _found_in(_json(path, item)))
    elif text.text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        yield from enumerate(_found_in(_json(path, text.text)), 1)
    else:
        yield from _table(path, text.text)


def _json(path: Path, text: str) -> Any:
    try:
        return each_text(from_json(text), encodable)
    except (ValueError, RecursionError) as error:
        raise InputError(f"The list {path} is no valid JSON ({error}): restore it.") from None


def _found_in(
    value: Any, owner: Mapping[str, Any] | None = None, is_listed: bool = False
) -> Iterator[Mapping[str, Any]]:
    """The records in a JSON value, at any depth: objects that name a file, ``{row id: files}`` or
    ``{file: row id}``.

    ``owner``: whose it is by what stands around it; ``is_listed``: below a row id texts are files.
    """
    if isinstance(value, list):
        for item in value:
            yield from _found_in(item, owner, is_listed)
    elif isinstance(value, dict):
        named = {str(name): item for name, item in value.items()}
        owner = _owner(named, owner or {})
        if any(_FILE.fullmatch(title_key(name)) for name in named):
            yield from _record(named, owner)
            return
        is_told = any(map(_says_whose, named))  # then a text is about it, and a list of texts files
        for name, item in named.items():
            if _is_file(name, item):
                yield {"file": name, **(item if isinstance(item, dict) else {"row_id": item})}
            elif row := _ROW_KEY.fullmatch(row_id_key(name)):
                yield from _found_in(item, {"row_id": row[1]}, is_listed=True)
            elif not _says_whose(name):
                are_files = is_listed and (isinstance(item, list) or not is_told)
                yield from _found_in(item, owner, are_files)
    elif isinstance(value, str) and is_listed and owner:
        yield {**owner, "file": value}


def _record(named: Mapping[str, Any], owner: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """An object that names a file, and the objects that stand in the place of its files."""
    rest = {name: item for name, item in named.items() if not _says_whose(name)}
    yield {**owner, **rest}
    for name, item in rest.items():
        if _FILE.fullmatch(title_key(name)):
            parts = item if isinstance(item, list) else [item]
            yield from _found_in([part for part in parts if isinstance(part, dict)], owner)


def _owner(named: Mapping[str, Any], above: Mapping[str, Any]) -> Mapping[str, Any]:
    """The cells that say whose an object is: its own, and what they leave open, from above.

    Below a person a name alone, or an ``id``, is the file's.
    """
    has_row = any(_ROW_ID.fullmatch(title_key(name)) for name in above)
    cells: dict[str, Any] = {}
    for name, item in named.items():
        if _says_whose(name) and _is_cell(item) and not (has_row and title_key(name) == "id"):
            cells[name] = item
        elif isinstance(item, dict) and _PERSON.fullmatch(title_key(name)):
            cells |= {
                key: cell for key, cell in item.items() if _says_whose(key) and _is_cell(cell)
            }
    if any(_ROW_ID.fullmatch(title_key(name)) for name in cells):
        return cells
    if any(_PERSON.fullmatch(title_key(name)) for name in above):
        return above
    return {**above, **cells}


def _says_whose(name: str) -> bool:
    return bool(_ROW_ID.fullmatch(title_key(name)) or _PERSON.fullmatch(title_key(name)))


def _is_file(name: str, item: Any) -> bool:
    """Is the key of an object a file, and the value whose that is? A medium's id may be any word,
    so it counts only with a digit or a capital, above a row id or a person."""
    if _IS_FILE.search(name):
        return True
    if not (_YOUTUBE_ID.fullmatch(name) or _GOOGLE_ID.fullmatch(name)) or name.isdecimal():
        return False
    if not re.search("[0-9A-Z]", name) or name in NOT_IDS:
        return False
    if isinstance(item, dict):
        titles = [title_key(str(title)) for title in item]
        return any(map(_says_whose, item)) and not any(map(_FILE.fullmatch, titles))
    return _is_cell(item) and row_id_key(str(item)).isdecimal()


def _table(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    patterns = (_ROW_ID, _PERSON, _FILE)

    def known(cells: Any) -> int:
        return sum(any(one.fullmatch(title_key(cell)) for one in patterns) for cell in cells)

    form = headed(path, text, known)
    try:
        records = read_records(lines_of(text, len(form.preamble)), form)
        titles = next(records, [])
        for number, cells in enumerate(records, 2):
            if any(cells):
                yield number, dict(zip(titles, cells, strict=False))
    except csv.Error as error:
        raise InputError(f"The list {path} is no valid CSV ({error}): mend its quotes.") from None


def _evidence(record: Mapping[str, Any]) -> Iterator[Row]:
    """What a record says, a row for each file that it names."""
    row_id = row_id_key(_best(record, _ROW_ID))
    person = _best(record, _PERSON)
    if not row_id and row_id_key(person).isdecimal():
        row_id, person = row_id_key(person), ""
    if not row_id and not person:
        return
    whose = {"row_id": row_id, "person": person, "person_key": compare_key(person)}
    cells = to_json({name: str(value) for name, value in record.items()})
    for title, value in record.items():
        if _FILE.fullmatch(title_key(title)):
            for file in value if isinstance(value, list) else split_names(str(value or "")):
                if _is_cell(file) and not is_nothing(str(file)):
                    yield {**whose, "cells": cells, **_file(str(file))}


def _best(record: Mapping[str, Any], pattern: re.Pattern[str]) -> str:
    """The cell that says who it is: that of a proposed or corrected one before a plain one."""
    cells = {title_key(title): str(value) for title, value in record.items() if _is_cell(value)}
    names = [name for name in cells if pattern.fullmatch(name) and not is_nothing(cells[name])]
    plain = {title_key(word) for words in TITLES.values() for word in words} | {"person"}
    return cells[min(names, key=lambda name: name in plain)].strip() if names else ""


def _is_cell(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _file(text: str) -> Row:
    """What a reference to a file says by itself: medium, object, name."""
    name = PurePosixPath(text.replace("\\", "/")).name
    mapped = MAPPING.fullmatch(text.strip())
    media_id = video_of(name)
    if mapped and mapped[1] != "S3 file":
        media_id = mapped[2]
    elif "://" in text and not text.startswith("s3:"):
        media_id = classify(text).media_id or media_id
    elif not media_id and not _UUID.search(name):
        stem = name.partition(".")[0]
        whole = _YOUTUBE_ID.fullmatch(name) or _GOOGLE_ID.fullmatch(stem)
        media_id = whole[0] if whole and whole[0] not in NOT_IDS else None
    uuid = _UUID.search(text)
    return {
        "file": text,
        "file_name": name,
        "media_id": media_id or None,
        "object_uuid": uuid[0].lower() if uuid else None,
    }
