"""A search as FTS5 has it: words, "phrases", prefixes*, AND, OR, NOT and brackets."""

import re
from collections.abc import Iterator

from rowkeeper.core.errors import UsageError
from rowkeeper.core.text import quoted

OPERATORS = frozenset({"AND", "OR", "NOT"})
_TOKEN = re.compile(r'\s*(?:(?P<phrase>"[^"]*"\*?)|(?P<open>\()|(?P<close>\))|(?P<word>[^\s()"]+))')
MOST_WORDS = 64
LONGEST = 1_000


def fts_query(text: str) -> str:
    """``text`` as an expression of FTS5 that can't be misread. Raises ``UsageError``.

    Words that stand side by side must all be there, in any order; a phrase as it stands.
    """
    if len(text) > LONGEST:
        raise _bad(text, f"is longer than {LONGEST:,} characters", "search for less at once")
    if text.count('"') % 2:
        raise _bad(text, "has a quotation mark that is not closed", "close it, or leave it out")
    said = list(_tokens(text))
    if sum(part.startswith('"') for part in said) > MOST_WORDS:
        raise _bad(text, f"has more than {MOST_WORDS} words", "search for less at once")
    return " ".join(_joined(text, said))


def _tokens(text: str) -> Iterator[str]:
    for match in _TOKEN.finditer(text):
        if match["open"] or match["close"]:
            yield match["open"] or match["close"]
        elif match["word"] in OPERATORS:
            yield match["word"]
        else:
            word = match["phrase"] or match["word"]
            plain = word.replace('"', " ").replace("\0", " ")
            if any(char.isalnum() for char in plain):
                yield f'"{plain.rstrip("*").strip()}"' + ("*" if word.endswith("*") else "")


def _joined(text: str, tokens: list[str]) -> Iterator[str]:
    """The tokens, with AND where nothing else joins two of them. An operator joins two sides."""
    depth, is_value = 0, False
    for part in tokens:
        if part in OPERATORS or part == ")":
            if not is_value:
                raise _bad(text, f"has nothing before {part}", "write something to find there")
            depth -= part == ")"
            is_value = part == ")"
        else:
            if is_value:
                yield "AND"
            depth += part == "("
            is_value = part != "("
        if depth < 0:
            break
        yield part
    if depth != 0:
        raise _bad(text, "has a bracket without its other half", "close it, or leave it out")
    if not is_value:
        raise _bad(text, "names no word to look for at its end", "write a word or a part of one*")


def _bad(text: str, why: str, remedy: str) -> UsageError:
    return UsageError(f"The search {quoted(text)} {why}: {remedy}.")
