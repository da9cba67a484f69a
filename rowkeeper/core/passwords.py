"""A password that is kept out of messages, however a program quotes it."""

import json
import re
from urllib.parse import quote

SHORTEST_MASKED = 4  # a shorter password is masked only where it stands as one
_IN_URL = re.compile(r"(://[^\s:/@]*:)[^@]*@")
_IN_DSN = re.compile(r"(password\s*=\s*)('(?:[^'\\]|\\.)*'|\S+)")


def without_password(text: str, password: str) -> str:
    """``text`` with ``***`` in place of ``password``: as it is, in a URL, a DSN, a repr() or JSON.

    A password that a URL or a DSN names is masked whatever it is.
    """
    if len(password) >= SHORTEST_MASKED:
        for written in sorted(_spellings(password), key=len, reverse=True):
            text = text.replace(written, "***")
    return _IN_DSN.sub(r"\1***", _IN_URL.sub(r"\1***@", text))


def _spellings(secret: str) -> set[str]:
    """How a secret stands in what programs say: quoted once, or what is quoted quoted again."""
    plain = {secret, quote(secret, safe=""), quote(secret, safe=" +"), *_quoted(secret)}
    return plain | {written for once in _quoted(secret) for written in _quoted(once)}


def _quoted(text: str) -> set[str]:
    """A text between the quotes of repr(), JSON, a DSN or SQL."""
    shown = repr(text + "'\"")[1:-4]  # with both kinds of quotes in a text, ' is escaped
    escaped = text.replace("\\", "\\\\")
    return {
        *(shown, shown.replace("\\'", "'"), escaped, escaped.replace("'", "\\'")),
        *(json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]),
        text.replace("'", "''"),
    }
