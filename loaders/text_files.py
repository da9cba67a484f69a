"""Text files as other programs save them: unpacked within bounds, decoded, their separator found.

A file is UTF-8 unless its bytes say otherwise. Whatever is taken for another encoding is told in
``Decoded.notice``; nothing is guessed in silence.
"""

import csv
import re
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from rowkeeper.core.errors import InputError
from rowkeeper.core.text import some_of

FALLBACK = "cp1252"
MAX_BYTES = 256 * 1024**2
DELIMITERS: Mapping[str, str] = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_SPOKEN = {" ": "blanks"}
MOST_LETTERS = 1000  # of a cell that is looked through for separators
SHOWN = 5  # lines that a notice names

_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16-be"}
_UTF_32 = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
_SEP_LINE = re.compile(r'\ufeff?"?sep=(.)"?[,;\t|]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
_BLANK_LINES = re.compile(r'(?:(?:""|[ \t,;|])*+(?:\r\n|\r|\n))*')
_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n)|[^\r\n]++")
_CHUNK = 1024**2
GZIP = b"\x1f\x8b"
Known = Callable[[Sequence[str]], int]


@dataclass(frozen=True)
class Decoded:
    """A text and where it is not what ``encoding`` makes of the bytes.

    ``strays``: line, from 1 -> the bytes of a line that is not UTF-8 in a file that is; these were
    decoded by the fallback. ``notice`` says in words what was assumed, '' where nothing was.
    """

    encoding: str
    text: str
    strays: Mapping[int, bytes] = field(default_factory=dict)
    notice: str = ""


@dataclass(frozen=True)
class Dialect:
    """``delimiter`` parts the cells; ``preamble`` is what stands before the header: a
    ``sep=`` line, or ''.

    ``skips_blanks``: those before a cell are none of it. ``has_quotes``: a quote at the beginning
    of a cell encloses it.
    """

    delimiter: str = ","
    preamble: str = ""
    skips_blanks: bool = False
    has_quotes: bool = True


def read_bytes(path: Path, max_bytes: int, setting: str) -> bytes:
    """The content of ``path``, unpacked if it is a gzip.

    Raises ``InputError`` if it has more than ``max_bytes``, which ``setting`` names, or if it is
    damaged; ``OSError`` as reading does.
    """
    with path.open("rb") as file:
        data = file.read(max_bytes + 1)
    if data.startswith(GZIP) and len(data) <= max_bytes:
        data = _unpacked(path, data, max_bytes)
    if len(data) > max_bytes:
        raise InputError(
            f"The file {path} holds more than {max_bytes} bytes: see that it is the right one, or "
            f"raise {setting}."
        )
    return data


def _unpacked(path: Path, data: bytes, max_bytes: int) -> bytes:
    """All members of a gzip, no more than one byte beyond ``max_bytes``."""
    parts: list[bytes] = []
    room = max_bytes + 1
    try:
        while data and room > 0:
            member = zlib.decompressobj(wbits=31)
            while not member.eof and room > 0:
                part = member.decompress(data, min(room, _CHUNK))
                data = member.unconsumed_tail
                if not part and not data and not member.eof:
                    raise EOFError("it ends before its end marker")
                parts.append(part)
                room -= len(part)
            data = (member.unused_data if member.eof else data).lstrip(b"\0")
    except (EOFError, zlib.error) as error:
        raise InputError(
            f"The file {path} can't be unpacked ({error}): restore it from a good copy."
        ) from error
    return b"".join(parts)


def decode(path: Path, data: bytes, fallback: str = FALLBACK) -> Decoded:
    """``data`` as text: UTF-8 or UTF-16 by its mark or its zero bytes, else by ``fallback``.

    Raises ``InputError`` for what is no text in any of them, in words that name the encoding.
    """
    encoding = _encoding(path, data)
    try:
        decoded = Decoded(encoding, data.decode(encoding))
    except UnicodeDecodeError as error:
        if encoding.startswith("utf-16"):
            raise InputError(
                f"The file {path} is UTF-16 and damaged at byte {error.start}: save it again, as "
                "UTF-8."
            ) from None
        decoded = _by_line(data, encoding, fallback)
    if encoding.startswith("utf-16") and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        name = "little" if encoding.endswith("le") else "big"
        said = f"has no mark and was read as UTF-16, {name}-endian, which is a guess"
        decoded = replace(decoded, notice=said)
    if (place := decoded.text.find("\0")) >= 0:
        line = decoded.text.count("\n", 0, place) + 1
        raise InputError(
            f"The file {path} has a NUL byte on line {line} (character {place}): restore the "
            "file from a good copy, remove that byte, or save the file as UTF-8."
        )
    return decoded


def _encoding(path: Path, data: bytes) -> str:
    """The encoding that the bytes show: by a mark, or UTF-16 by the zero bytes of plain letters."""
    if data.startswith(_UTF_32):
        raise InputError(f"The file {path} is UTF-32: save it as UTF-8.")
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return encoding
    head = data[:4096]
    if b"\0" in head:
        even, odd = head[::2].count(0), head[1::2].count(0)
        for encoding, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
            if zeros > 4 * others and zeros * 4 > len(head) // 2:
                return encoding
    return "utf-8"


def _by_line(data: bytes, encoding: str, fallback: str) -> Decoded:
    """Each line by UTF-8 and, where it is none, alone by ``fallback``.

    A file in which no line is UTF-8, but for plain ASCII, is one in ``fallback``.
    """
    mark = b"\xef\xbb\xbf" if encoding == "utf-8-sig" else b""
    texts: list[str] = []
    strays: dict[int, bytes] = {}
    is_utf_8 = bool(mark)
    for number, line in enumerate(data.removeprefix(mark).splitlines(keepends=True), 1):
        try:
            texts.append(line.decode("utf-8"))
            is_utf_8 = is_utf_8 or not line.isascii()
        except UnicodeDecodeError:
            strays[number] = line
            texts.append(line.decode(_that_fits(line, fallback)))
    if is_utf_8:
        said = f"is UTF-8 but for {_lines(strays)}, read as {fallback}, which is a guess"
        return Decoded(encoding, "".join(texts), strays, said)
    whole = _that_fits(data, fallback)
    said = f"is not UTF-8 on {_lines(strays)} and was read as {whole}, which is a guess"
    return Decoded(whole, data.decode(whole), notice=said)


def _lines(numbers: Collection[int]) -> str:
    """Line numbers as a sentence names them."""
    return f"line{'s'[: len(numbers) > 1]} {some_of(list(map(str, numbers)), SHOWN)}"


def _that_fits(data: bytes, fallback: str) -> str:
    """``fallback`` if it has a letter for each byte and gives the bytes back, else latin-1."""
    try:
        return fallback if data.decode(fallback).encode(fallback) == data else "latin-1"
    except UnicodeError:
        return "latin-1"


def dialect(path: Path, text: str, known: Known, records: int = 1) -> Dialect:
    """How the cells of ``text`` are separated.

    ``known`` counts the titles among some cells that it knows; the best of the first ``records``
    records counts. Raises ``InputError`` in words that name the separators where two do as well, or
    where a ``sep=`` line says another than the titles show.
    """
    said = _SEP_LINE.match(text)
    rest = text[said.end() :] if said else text
    heads = {mark: _head(rest, mark, known, records) for mark in DELIMITERS}
    if said and said[1] not in heads:
        heads[said[1]] = _head(rest, said[1], known, records)
    best = max(score for score, _ in heads.values())
    marks = [mark for mark, (score, _) in heads.items() if score == best]
    if said:
        if heads[said[1]][0] < best:
            raise InputError(
                f"The file {path} has a line 'sep={said[1]}', but its titles are separated by "
                f"{DELIMITERS[marks[0]]}s: mend or remove the sep= line."
            )
        return Dialect(said[1], said[0])
    if best == 0:  # the titles that an error shows are those of the likeliest separator
        return Dialect(max(marks, key=lambda mark: len(heads[mark][1])))
    if len({heads[mark][1] for mark in marks}) > 1:
        names = " or ".join(DELIMITERS[mark] for mark in marks)
        raise InputError(
            f"The file {path} may be separated by {names}, both fit its titles: save it again with "
            "commas as the separator."
        )
    return Dialect(marks[0])


def headed(path: Path, text: str, known: Known) -> Dialect:
    """As :func:`dialect` of a file whose titles stand on its first line that is not blank; the
    blank ones before are part of the preamble."""
    above = _BLANK_LINES.match(text)
    start = above.end() if above else 0
    form = dialect(path, text[start:], known)
    end = start + len(form.preamble)
    below = _BLANK_LINES.match(text, end) if form.preamble else None
    return replace(form, preamble=text[: below.end() if below else end])


def _head(text: str, mark: str, known: Known, records: int) -> tuple[int, tuple[str, ...]]:
    """The most known titles in one of the first records, and its cells."""
    heads: list[tuple[int, tuple[str, ...]]] = []
    try:
        for cells in islice(read_records(lines_of(text), Dialect(mark)), records):
            heads.append((known(cells), tuple(cells)))
    except csv.Error:
        pass
    return max(heads, key=lambda head: head[0], default=(0, ()))


def titles_in_one_cell(cells: Sequence[str], known: Known) -> str | None:
    """Which separator the titles have, and the remedy, if one of the ``cells`` holds several that
    are ``known``; the end of a sentence."""
    counts = [
        (known(cell.split(mark)), mark)
        for cell in cells
        for mark in sorted({char for char in cell[:MOST_LETTERS] if not char.isalnum()} - {"_"})
    ]
    count, mark = max(counts, default=(0, ""))
    if count < 2:
        return None
    if mark in DELIMITERS:
        why, mend = "its lines stand in quotes as a whole, so ", "without those"
    else:
        why, mend = "", "with commas as the separator"
    shown = f"'{mark}'" if mark.isprintable() else f"U+{ord(mark):04X}"
    name = f"{DELIMITERS[mark]}s" if mark in DELIMITERS else _SPOKEN.get(mark, shown)
    return f"several of them in one cell, separated by {name}: {why}save it again {mend}"


def with_habits(text: str, form: Dialect) -> Dialect:
    """``form`` with what the program that wrote ``text`` does otherwise than a strict CSV has it.

    Some put a blank behind each separator, before the quotes of a cell that holds one too; a table
    that Google exports as TSV has no quotes, so that those in it are a cell's own.
    """
    if re.search(rf'(?:^|{re.escape(form.delimiter)}) +"', text, re.MULTILINE):
        skipping = replace(form, skips_blanks=True)
        if 0 < _widest(text, skipping) < _widest(text, form):
            return skipping
    if form.delimiter == "\t" and not _widest(text, form):
        return replace(form, has_quotes=False)
    return form


def _widest(text: str, form: Dialect) -> int:
    """The cells of the widest record; 0 for what is no strict CSV."""
    lines = lines_of(text, len(form.preamble))
    try:
        return max(map(len, read_records(lines, form)), default=0)
    except csv.Error:
        return 0


def lines_of(text: str, start: int = 0) -> Iterator[str]:
    """The lines of ``text`` from the character ``start`` on, each with its end.

    ``io.StringIO`` would copy the whole text first, four bytes a character.
    """
    return (line[0] for line in _LINE.finditer(text, start))


def read_records(lines: Iterator[str], form: Dialect) -> Iterator[list[str]]:
    """The records of a CSV, strictly. Raises ``csv.Error``."""
    csv.field_size_limit(2**31 - 1)
    yield from csv.reader(
        lines,
        delimiter=form.delimiter,
        skipinitialspace=form.skips_blanks,
        quoting=csv.QUOTE_MINIMAL if form.has_quotes else csv.QUOTE_NONE,
        strict=True,
    )
