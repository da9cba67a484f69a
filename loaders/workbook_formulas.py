"""The links of an XLSX's formulas: written out in them, or put together from cells."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rowkeeper.core.links.text import find_links

if TYPE_CHECKING:
    from openpyxl.formula.tokenizer import Token

ValueOf = Callable[[str], str | None]
"""The text of a cell of the same sheet by its name, such as B2; None where it can't be told."""
MOST_LETTERS = 8192
"""Of a formula, as Excel has it, and of what one puts together."""
DEEPEST = 20
_QUOTED = r'"((?:[^"]|"")*)"'
_HYPERLINK = re.compile(
    rf"=HYPERLINK\(\s*{_QUOTED}\s*(?:[,;]\s*{_QUOTED}\s*\)|\)|[,;])", re.IGNORECASE
)
"""Address and, where it is no reference, label."""
_LITERAL = re.compile(
    rf"\bCONCAT(?:ENATE)?\(\s*{_QUOTED}(?:\s*[,;]\s*{_QUOTED})*|{_QUOTED}(?:\s*&\s*{_QUOTED})*",
    re.IGNORECASE,
)
"""Texts that a formula has, as one where it puts them together."""
_READS = r"\b(?:IMPORT[A-Z]+|WEBSERVICE)\("
_SOURCE = re.compile(rf"{_READS}\s*$", re.IGNORECASE)
_IMPORTS = re.compile(_READS, re.IGNORECASE)  # in the text that Google leaves where Excel has none
"""Before the address of what a sheet reads its values from, which is nobody's content."""
_JOINS = re.compile(r"(?:_xlfn\.)?CONCAT(?:ENATE)?\(", re.IGNORECASE)
_LINKS = re.compile(r"(?:_xlfn\.)?HYPERLINK\(", re.IGNORECASE)
_CELL = re.compile(r"\$?[A-Za-z]{1,3}\$?[0-9]{1,7}")


class _UntoldError(ValueError):
    """What a formula puts together can't be told without computing it."""


@dataclass(frozen=True)
class Formula:
    """What a formula says: the address of its link and what it shows, '' for none; the ``others``
    in it. ``is_clear``: no address hangs on cells or functions in a way that can't be told."""

    address: str = ""
    text: str = ""
    others: tuple[str, ...] = ()
    is_clear: bool = True


def read_formula(formula: str, value_of: ValueOf) -> Formula:
    """The links that ``formula`` has, whatever function takes them: IF, IMAGE, ``&``."""
    others, address, text = _links_in(formula), "", ""
    if match := _HYPERLINK.match(formula):
        address, label = (_plain(part) for part in match.groups(""))
        text = label or (address if match[0].endswith(")") else "")
        others = [link for link in others if link not in (address, *find_links(address))]
    made, is_clear = _put_together(formula, value_of)
    whole = [link for link in made if find_links(link)]
    others = [link for link in others if not any(link in long and link != long for long in whole)]
    return Formula(address, text, (*whole, *others), is_clear)


def _links_in(formula: str) -> list[str]:
    links: list[str] = []
    for literal in _LITERAL.finditer(formula):
        text = "".join(_plain(part[1]) for part in re.finditer(_QUOTED, literal[0]))
        if not _SOURCE.search(
            formula, max(0, literal.start() - 40), literal.start()
        ) and not _IMPORTS.match(text):
            links += find_links(text)
    return links


def _plain(literal: str) -> str:
    return literal.replace('""', '"')


def _put_together(formula: str, value_of: ValueOf) -> tuple[list[str], bool]:
    """The addresses that HYPERLINK is given with cells in them, and whether each could be told."""
    if "HYPERLINK(" not in formula.upper():
        return [], True
    tokens = _tokens(formula)
    addresses, is_clear = [], tokens is not None
    for place, token in enumerate(tokens or ()):
        if token.subtype == "OPEN" and _LINKS.fullmatch(token.value):
            argument = _argument(tokens or (), place + 1)
            if any(part.subtype == "RANGE" for part in argument):
                try:
                    addresses.append(_Joined(argument, value_of).text())
                except _UntoldError:
                    is_clear = False
    return addresses, is_clear


def _tokens(formula: str) -> "list[Token] | None":
    """The parts of a formula; None where it is longer than any, or none at all."""
    from openpyxl.formula.tokenizer import Tokenizer, TokenizerError

    if len(formula) > MOST_LETTERS:
        return None
    try:
        items = Tokenizer(formula).items
    except (TokenizerError, IndexError):
        return None
    return [token for token in items if token.type != "WHITE-SPACE"]


def _argument(tokens: "Sequence[Token]", start: int) -> "list[Token]":
    """The first argument of the function that opens before ``start``."""
    depth = 0
    for place in range(start, len(tokens)):
        token = tokens[place]
        if depth == 0 and (token.type == "SEP" or token.subtype == "CLOSE"):
            return list(tokens[start:place])
        depth += (token.subtype == "OPEN") - (token.subtype == "CLOSE")
    return list(tokens[start:])


class _Joined:
    """A text that is put together from literals and cells of the sheet, and from nothing else."""

    def __init__(self, tokens: "Sequence[Token]", value_of: ValueOf) -> None:
        self.tokens, self.value_of, self.place = tokens, value_of, 0

    def text(self) -> str:
        """The whole. Raises ``_UntoldError``."""
        text = self._joined(0)
        if self.place != len(self.tokens) or len(text) > MOST_LETTERS:
            raise _UntoldError
        return text.strip()

    def _joined(self, depth: int) -> str:
        """Parts with ``&`` between them."""
        parts = [self._part(depth)]
        while (token := self._next()) is not None and token.value == "&":
            self.place += 1
            parts.append(self._part(depth))
        return "".join(parts)

    def _part(self, depth: int) -> str:
        token = self._next()
        if token is None or depth > DEEPEST:
            raise _UntoldError
        self.place += 1
        if token.type == "OPERAND":
            return self._operand(token)
        if token.subtype != "OPEN" or not (token.value == "(" or _JOINS.fullmatch(token.value)):
            raise _UntoldError
        parts = [self._joined(depth + 1)]
        while (after := self._next()) is not None and after.type == "SEP" and token.value != "(":
            self.place += 1
            parts.append(self._joined(depth + 1))
        if after is None or after.subtype != "CLOSE":
            raise _UntoldError
        self.place += 1
        return "".join(parts)

    def _operand(self, token: "Token") -> str:
        if token.subtype == "TEXT":
            return _plain(token.value[1:-1])
        if token.subtype == "NUMBER" and token.value.isdigit():
            return str(int(token.value))
        if token.subtype == "RANGE" and _CELL.fullmatch(token.value):
            value = self.value_of(token.value.replace("$", "").upper())
            if value is not None:
                return value
        raise _UntoldError

    def _next(self) -> "Token | None":
        return self.tokens[self.place] if self.place < len(self.tokens) else None
