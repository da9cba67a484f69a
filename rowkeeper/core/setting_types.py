"""How lists, tables and networks are written in a setting."""

import codecs
import re
import tomllib
from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, NonNegativeFloat, PositiveInt


def _as_list(value: Any) -> Any:
    """Environment variables hold lists as text, parted by commas."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


def _as_table(value: Any) -> Any:
    """Environment variables hold tables as ``youtube=2, drive=3``, or as TOML writes one inline."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return tomllib.loads(f"table = {value.strip()}")["table"]
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"should be a table such as {{ name = 'Who' }} ({error})") from None
    if isinstance(value, str):
        pairs = (item.partition("=") for item in _as_list(value))
        return {key.strip(): item.strip() for key, _, item in pairs}
    return value


def _as_words(value: Any) -> Any:
    """Environment variables hold lists whose items have commas as text, parted by white space."""
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
        for key, _, title in (item.partition("=") for item in _as_list(value)):
            titles.setdefault(key.strip(), []).append(title.strip())
        return titles
    table = _as_table(value)
    if not isinstance(table, dict):
        return table
    return {key: [item] if isinstance(item, str) else item for key, item in table.items()}


def _as_seconds(value: Any) -> Any:
    """An age is a number of seconds, or one with its unit: ``7d``, ``12h``, ``30m``, ``90s``."""
    if isinstance(value, str) and (found := _AGE.fullmatch(value.strip().lower())):
        return float(found[1]) * UNITS[found[2]]
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
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")

Age = Annotated[float, BeforeValidator(_as_seconds), Field(ge=0, le=3_650 * 86_400)]
Names = Annotated[list[str], BeforeValidator(_as_list)]
Titles = Annotated[dict[str, list[str]], BeforeValidator(_as_titles)]
ExtractorArgs = Annotated[list[str], BeforeValidator(_as_words), AfterValidator(_extractor_args)]
Plugins = Annotated[dict[str, str], BeforeValidator(_as_table), AfterValidator(_hashes)]
Networks = Annotated[list[str], BeforeValidator(_as_list), AfterValidator(_networks)]
Rates = Annotated[dict[str, NonNegativeFloat], BeforeValidator(_as_table)]
Bursts = Annotated[dict[str, PositiveInt], BeforeValidator(_as_table)]
Concurrency = Annotated[dict[str, PositiveInt], BeforeValidator(_as_table)]
