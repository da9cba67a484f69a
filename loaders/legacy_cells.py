"""What a cell of the old system lists: file names, and what it maps to what, as JSON or Python."""

import ast
import re
import warnings
from typing import Any

from rowkeeper.core.csv.legacy import is_nothing
from rowkeeper.core.text import MOST_NESTED, each_text, encodable, from_json, trimmed

_EXTENSION = re.compile(r"\.\w{1,5}\Z")
_BRACKETS = ("[]", "()", "{}")


def literal(text: str) -> Any:
    """The value of a cell in JSON, or as Python writes it; raises ``ValueError`` for neither.

    What no encoding has is replaced in it, as JSON may spell such characters.
    """
    try:
        value = from_json(text)
    except ValueError:
        value = _of_python(text)
    return each_text(value, encodable)


def _of_python(text: str) -> Any:
    if sum(map(text.count, "[({")) > MOST_NESTED:
        raise ValueError(f"more than {MOST_NESTED} brackets")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a backslash in a path, which stays one
            value = ast.literal_eval(text)
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return sorted(value, key=str) if isinstance(value, set) else value


def split_names(cell: str) -> list[str]:
    """The file names in a cell: a list, else parted by line ends, ';' or '|', else by ','.

    A comma before a blank is one of a name where nothing before it has an extension.
    """
    text = trimmed(cell)
    if text[:1] + text[-1:] in _BRACKETS:
        try:
            listed = literal(text)
        except ValueError:
            text = text[1:-1]
        else:
            if isinstance(listed, list | tuple):
                return [name for item in listed if (name := _name(str(item)))]
    mark = next((mark for mark in ("\n", ";", "|") if mark in text), None)
    parts = text.split(mark) if mark else _at_commas(text)
    return [name for part in parts if (name := _name(part))]


def _at_commas(text: str) -> list[str]:
    parts: list[str] = []
    for part in text.split(","):
        if parts and part[:1].isspace() and not _EXTENSION.search(parts[-1]):
            parts[-1] += f",{part}"
        else:
            parts.append(part)
    return parts if any(map(_EXTENSION.search, parts)) else text.split(",")


def _name(part: str) -> str:
    """A name without the quotes around it; '' for the words for nothing."""
    name = trimmed(part)
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = trimmed(name[1:-1])
    return "" if is_nothing(name) else name
