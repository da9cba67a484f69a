"""Pages from outside, held to what a parser takes in bounded time and memory."""

import re
from collections.abc import Iterator
from typing import Any

MANY_ATTRIBUTES = 1000
"""Of one element: to parse more takes a time that grows with their square."""
MANY_TAGS = 2_000_000
"""Of one page: each takes some hundred bytes of memory."""
TOO_DEEP = "elements too deep in each other to be read"
_ATTRIBUTE = r"""[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>]*+))?+"""
_TOKEN = re.compile(
    rf"<(?:!--|[!?][^>]*+|/?(?P<name>[A-Za-z][^\s/>]*+)(?:[\s/]++|{_ATTRIBUTE})*+|/[^>]*+)"
)
"""A comment's begin, what has no attributes, or a tag up to its end, as HTML has them: a quote
opens a value after = alone, and < within a tag means nothing."""
_COMMENT_END = re.compile(r"--!?>|(?<=<!--)-?>")
_TEXTS = ("style", "title", "textarea", "xmp", "iframe", "noembed", "noframes")
_TEXT_END = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in _TEXTS}
"""Elements in which no tag stands but the end of their own."""
_IN_SCRIPT = re.compile(r"<!--|-->|<(/?)script(?=[\s/>])", re.IGNORECASE)
_LONG = 2 * MANY_ATTRIBUTES
"""Characters: a shorter tag has no room for so many attributes."""


def cost(text: str, many_tags: int = MANY_TAGS) -> str | None:
    """What a page has that no parser should be given, after "it has"; None for a usual one."""
    if text.count("<") > many_tags:
        return f"more than {many_tags:,} tags"
    if any(map(_is_crowded, _tags(text))):
        return f"a tag with more than {MANY_ATTRIBUTES} attributes"
    return None


def is_cut(parser: Any) -> bool:
    """Did a parser of lxml leave out what followed, as it does beyond a depth of elements?"""
    logs = (parser.error_log, parser.feed_error_log)
    return any(entry.level_name == "FATAL" for log in logs for entry in log)


def _tags(text: str) -> Iterator[str]:
    """What long tags of ``text`` have after their names; a comment or a script has no tag."""
    at = 0
    while token := _TOKEN.search(text, at):
        at, name = token.end(), (token["name"] or "").lower()
        if name and at - token.start() > _LONG:
            yield text[token.end("name") : at]
        if token[0] == "<!--":
            at = _end(_COMMENT_END, text, at)
        elif name == "plaintext":
            return
        elif name in _TEXT_END and token[0][1] != "/":
            at = _end(_TEXT_END[name], text, at)
        elif name == "script" and token[0][1] != "/":
            at = _script_end(text, at)


def _end(end: re.Pattern[str], text: str, at: int) -> int:
    match = end.search(text, at)
    return match.start() if match else len(text)


def _script_end(text: str, at: int) -> int:
    """Where a script ends that begins at ``at``: one within <!-- is a part of it."""
    depth = 0  # 1: after <!--, 2: in a script after that
    while match := _IN_SCRIPT.search(text, at):
        at = match.end()
        if match[0] == "<!--":
            depth = depth or 1
            at -= 2  # <!--> ends at once
        elif match[0] == "-->":
            depth = 0
        elif match[1] and depth < 2:
            return match.start()
        elif depth:
            depth = 1 if match[1] else 2
    return len(text)


def _is_crowded(tag: str) -> bool:
    """Whether a long tag has so many attributes that to parse them would take minutes."""
    return sum(1 for _ in re.finditer(_ATTRIBUTE, tag)) > MANY_ATTRIBUTES
