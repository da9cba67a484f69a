"""A search as FTS5 has it: words, "phrases", prefixes*, AND, OR, NOT or -word, and brackets.

The site's ``search.js`` reads a search the same way.
"""

import re
from collections import deque
from collections.abc import Iterator

from rowkeeper.catalogue.folding import indexed
from rowkeeper.core.errors import UsageError
from rowkeeper.core.text import quoted

OPERATORS = frozenset({"AND", "OR", "NOT"})
_QUOTES = str.maketrans("“”„‟«»", '""""""')
"""What keyboards and word processors make of a quotation mark."""
_TOKEN = re.compile(
    r'(?P<minus>-(?=["(\w]))|"(?P<phrase>[^"]*)"(?P<star>\*?)'
    r'|(?P<bracket>[()])|(?P<word>[^\s()"]+)'
)
MOST_WORDS = 64
MOST_BRACKETS = 10
"""In each other; FTS5 gives up at some more."""
LONGEST = 1_000


def fts_query(text: str) -> str:
    """``text`` as an expression of FTS5 that can't be misread. Raises ``UsageError``.

    Words that stand side by side must all be there, in any order; a phrase as it stands.
    """
    if len(text) > LONGEST:
        raise _bad(text, f"is longer than {LONGEST:,} characters", "search for less at once")
    plain = text.translate(_QUOTES)
    if plain.count('"') % 2:
        raise _bad(text, "has a quotation mark that is not closed", "close it, or leave it out")
    tokens = deque(_tokens(plain))
    if sum(part.startswith('"') for part in tokens) > MOST_WORDS:
        raise _bad(text, f"has more than {MOST_WORDS} words", "search for less at once")
    _check_brackets(text, tokens)
    return _either(text, tokens)


def _tokens(plain: str) -> Iterator[str]:
    for match in _TOKEN.finditer(plain):
        if match["minus"]:
            yield "NOT"
        elif match["bracket"] or match["word"] in OPERATORS:
            yield match[0]
        else:
            said = (match["word"] or match["phrase"]).replace("\0", " ").strip()
            if any(char.isalnum() for char in said):
                is_prefix = match["star"] or said.endswith("*")
                yield f'"{indexed(said.rstrip("*"))}"' + ("*" if is_prefix else "")


def _check_brackets(text: str, tokens: deque[str]) -> None:
    depth = deepest = 0
    for part in tokens:
        depth += (part == "(") - (part == ")")
        deepest = max(deepest, depth)
        if depth < 0:
            break
    if depth:
        raise _bad(text, "has a bracket without its other half", "close it, or leave it out")
    if deepest > MOST_BRACKETS:
        raise _bad(text, f"has more than {MOST_BRACKETS} brackets in each other", "use fewer")


def _either(text: str, tokens: deque[str]) -> str:
    """What stands up to the end or the closing bracket: sides of which one must be there."""
    sides = [_all_of(text, tokens)]
    while tokens and tokens[0] == "OR":
        tokens.popleft()
        sides.append(_all_of(text, tokens))
    return " OR ".join(sides)


def _all_of(text: str, tokens: deque[str]) -> str:
    """What must be there together, without what is left out."""
    wanted: list[str] = []
    left_out: list[str] = []
    into, is_open = wanted, True  # an operator waits for what follows it
    while tokens and tokens[0] not in {"OR", ")"}:
        part = tokens.popleft()
        if part == "NOT":
            into, is_open = left_out, True
        elif part == "AND":
            if is_open:
                raise _nothing_before(text, part)
            is_open = True
        else:
            into.append(_bracketed(text, tokens) if part == "(" else part)
            into, is_open = wanted, False
    if is_open and tokens:
        raise _nothing_before(text, tokens[0])
    if is_open:
        raise _bad(text, "names no word to look for at its end", "write a word or a part of one*")
    if not wanted:
        raise _bad(text, "says only what is left out", "write what to find, too")
    return " AND ".join(wanted) + "".join(f" NOT {part}" for part in left_out)


def _bracketed(text: str, tokens: deque[str]) -> str:
    inner = _either(text, tokens)
    tokens.popleft()
    return f"({inner})"


def _nothing_before(text: str, part: str) -> UsageError:
    return _bad(text, f"has nothing before {part}", "write something to find there")


def _bad(text: str, why: str, remedy: str) -> UsageError:
    return UsageError(f"The search {quoted(text)} {why}: {remedy}.")
