"""What ``store.url`` says, as a URL. A slip of the keys is refused, never taken for a folder."""

import re
from difflib import get_close_matches
from pathlib import Path

from rowkeeper.core.errors import UsageError

SCHEMES = ("s3", "gs", "file")
FORMS = "write file:///folder, s3://bucket/prefix or gs://bucket/prefix"

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SLIP = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]*)(?::+|(?<=s3)[/\\;.,]+|(?<=gs)[/\\;.,]+)[/\\]*(.*)", re.IGNORECASE
)
_HALF = re.compile(r"(?![/~]|\.{1,2}[/\\])(.*?)\W*(?<![/\\])//+(.*)", re.DOTALL)
"""Two slashes where no path has begun yet."""
_QUOTES = "\"'`\u2018\u2019\u201c\u201d"
_FOLDER = re.compile(r"/|\.{1,2}(?:[/\\]|$)|~|.+[/\\]")


def store_url(text: str, default: Path) -> str:
    """``text`` if it is a URL, else that of the folder that it is the path of.

    An empty text stands for the folder ``default``. Raises ``UsageError``, naming the near match,
    for what may be a bucket as well as a folder, and for all that looks like half a URL.
    """
    text = text.strip()
    if not text:
        return default.as_uri()
    if text[0] in _QUOTES or text[-1] in _QUOTES:
        raise UsageError(
            f"store.url {text!r} has quotes: write {text.strip(_QUOTES)} without them."
        )
    if _URL.match(text):
        return text
    if slip := _SLIP.fullmatch(text) or _HALF.fullmatch(text):
        raise UsageError(
            f"store.url {text!r} is neither a URL nor a folder: {_near(slip[1], slip[2])}."
        )
    if not _FOLDER.match(text):
        raise UsageError(
            f"store.url {text!r} may be a bucket or a folder: write s3://{text} or gs://{text}, or "
            f"./{text} for the folder {Path(text).absolute()}."
        )
    try:
        return Path(text).expanduser().absolute().as_uri()
    except (RuntimeError, ValueError) as error:
        raise UsageError(f"store.url {text!r} is no folder ({error}): {FORMS}.") from None


def _near(scheme: str, rest: str) -> str:
    schemes = get_close_matches(scheme.lower(), SCHEMES, n=1, cutoff=0.5)
    if not schemes or not rest:
        return FORMS
    return f"write {schemes[0]}://{'/' if schemes[0] == 'file' else ''}{rest} if you mean that"
