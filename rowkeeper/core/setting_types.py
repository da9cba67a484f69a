"""How lists, tables and networks are written in a setting."""

import codecs
import json
import re
import tomllib
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeFloat,
    PositiveInt,
    SecretStr,
)


def _as_list(value: Any) -> Any:
    """Environment variables hold lists as comma-separated text."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


def _as_table(value: Any) -> Any:
    """Environment variables hold tables as ``youtube=2, drive=3``, or as TOML or JSON do."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("{"):
        return _inline(value.strip())
    table: dict[str, str] = {}
    for key, item in _pairs(value):
        if key in table:
            raise ValueError(f"should say {key} once, not {table[key]!r} and {item!r}")
        table[key] = item
    return table


def _inline(text: str) -> Any:
    """A table in braces."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return tomllib.loads(f"table = {text}")["table"]
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"should be a table such as {{ name = 'Who' }} ({error})") from None


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """The pairs of ``name=Who, notes="What, if any"``: what has a comma or a = stands in quotes.

    Raises ``ValueError`` for what is no pair.
    """
    place = 0
    while text[place:].strip():
        match = _PAIR.match(text, place)
        key, item = (match[1].strip(), match[2].strip()) if match else ("", "")
        if match is None or not key or not item or (item[0] not in "\"'" and "=" in item):
            said = text[place:].partition(",")[0].strip()
            raise ValueError(
                f"should be comma-separated pairs, such as name=Who, notes='What, if any', "
                f"and {said!r} is none"
            )
        yield _unquoted(key), _unquoted(item)
        place = match.end()


def _unquoted(text: str) -> str:
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if is_quoted else text


def _as_words(value: Any) -> Any:
    """Environment variables hold lists whose items have commas as white-space-separated text."""
    return value.split() if isinstance(value, str) else value


def _extractor_args(values: list[str]) -> list[str]:
    for value in values:
        if not re.fullmatch(r"[\w-]+(?:\+[\w-]+)*:[\w-]+=[^\s].*", value):
            raise ValueError("should be as yt-dlp takes it: youtube:player_client=mweb")
    return values


def _hashes(values: dict[str, str]) -> dict[str, str]:
    for path, value in values.items():
        if not re.fullmatch(r"[0-9a-fA-F]{64}", value):
            raise ValueError(f"should give the SHA-256 of {path}, 64 hex digits")
    return values


def _as_titles(value: Any) -> Any:
    """As a table, whose keys may stand several times: ``name=Who, link=Video, link=Talk``."""
    if isinstance(value, str) and not value.lstrip().startswith("{"):
        titles: dict[str, list[str]] = {}
        for key, title in _pairs(value):
            titles.setdefault(key, []).append(title)
        return titles
    table = _as_table(value)
    if not isinstance(table, dict):
        return table
    return {key: [item] if isinstance(item, str) else item for key, item in table.items()}


def _rules(values: list[str]) -> list[str]:
    """The rules of legacy_csv.ignore: one that would leave out nothing is refused."""
    for value in values:
        rule = RULE.fullmatch(value)
        ranges = re.findall(r"(\d+)-(\d+)", rule[2] or "") if rule else ()
        if rule is None or any(int(first) > int(last) for first, last in ranges):
            raise ValueError(
                f"should be the name of a file and, after a colon, row ids and ranges separated by "
                f"spaces, as output.csv:900-905 12 7a; {value!r} is not"
            )
    return values


def _as_seconds(value: Any) -> Any:
    """An age is a number of seconds, or one with its unit: ``7d``, ``12h``, ``30m``, ``90s``."""
    if isinstance(value, str) and (match := _AGE.fullmatch(value.strip().lower())):
        return float(match[1]) * UNITS[match[2]]
    return value


def _networks(values: list[str]) -> list[str]:
    for value in values:
        ip_network(value, strict=False)
    return values


def _text_encoding(name: str) -> str:
    try:
        plain = bytes(range(128))
        known = codecs.decode(plain, name) == plain.decode("ascii")
    except (LookupError, ValueError, TypeError, AttributeError):
        known = False
    if not known:
        raise ValueError("should be an encoding that extends ASCII, such as cp1250 or latin-1")
    return name


TextEncoding = Annotated[str, AfterValidator(_text_encoding)]
Texts = Annotated[dict[str, str], BeforeValidator(_as_table)]
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_ID = r"(?:[0-9]{1,9}-[0-9]{1,9}|[0-9]{1,18}[a-z]?)"
RULE = re.compile(rf"([^:]+|.+[.]csv[^:]*?)(?::[ ]*({_ID}(?:[ ]+{_ID})*))?")
"""A rule of legacy_csv.ignore, as the macro ``ignoring_rule`` reads it."""
_QUOTED = r"\"[^\"]*\"|'[^']*'"
_PAIR = re.compile(rf"\s*({_QUOTED}|[^,=]*?)\s*=\s*({_QUOTED}|[^,]*?)\s*(?:,|\Z)")
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")

Age = Annotated[float, BeforeValidator(_as_seconds), Field(ge=0, le=3_650 * 86_400)]
Names = Annotated[list[str], BeforeValidator(_as_list)]
SecretWords = Annotated[list[SecretStr], BeforeValidator(_as_words)]
Titles = Annotated[dict[str, list[str]], BeforeValidator(_as_titles)]
Rules = Annotated[list[str], BeforeValidator(_as_list), AfterValidator(_rules)]
ExtractorArgs = Annotated[list[str], BeforeValidator(_as_words), AfterValidator(_extractor_args)]
Plugins = Annotated[dict[str, str], BeforeValidator(_as_table), AfterValidator(_hashes)]
Networks = Annotated[list[str], BeforeValidator(_as_list), AfterValidator(_networks)]
Rates = Annotated[dict[str, NonNegativeFloat], BeforeValidator(_as_table)]
Bursts = Annotated[dict[str, PositiveInt], BeforeValidator(_as_table)]
Concurrency = Annotated[dict[str, PositiveInt], BeforeValidator(_as_table)]
