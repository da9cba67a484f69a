"""Captions: those that a video has, the best first, and their plain text."""

import html
import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import webvtt

TOGETHER_MS = 100
"""A cue that begins no later after another has ended goes on from its screen."""
FLASH_MS = 50
"""A cue as short as this says nothing: it moves the lines on the screen up."""


@dataclass(frozen=True)
class Screen:
    """What a cue shows: its lines that are not blank, and its times in milliseconds."""

    lines: tuple[str, ...] = ()
    start: int = 0
    end: int = 0
    ends_blank: bool = False

    def goes_on_from(self, other: "Screen") -> bool:
        return self.start - other.end <= TOGETHER_MS


@dataclass(frozen=True)
class CaptionLine:
    """A line that is said, and from when to when, in milliseconds."""

    text: str
    start: int
    end: int


def plain_text(vtt: str, *, rolling: bool) -> str:
    """The words of WebVTT ``vtt`` without cues and tags, a line a line."""
    return "".join(f"{line.text}\n" for line in spoken_lines(vtt, rolling=rolling))


def spoken_lines(vtt: str, *, rolling: bool) -> list[CaptionLine]:
    """The lines of WebVTT ``vtt`` without tags, each once. Raises ``ValueError`` where it is none.

    ``rolling`` captions, as speech recognition makes them, show a line again above the next one,
    or let it grow word by word; such a line is told once. A line that is said again, in a cue of
    its own, is told again.
    """
    spoken: list[CaptionLine] = []
    before = Screen()
    for screen in _screens(vtt):
        if not screen.lines:
            continue
        replaced, kept = _shown_already(before, screen) if rolling else (0, 0)
        begun = spoken[-1].start if replaced else screen.start
        del spoken[len(spoken) - replaced :]
        for text in screen.lines[kept:]:
            spoken.append(CaptionLine(text, begun, screen.end))
            begun = screen.start
        before = screen
    return spoken


_NO_CHARACTER = re.compile(r"&#0*+[0-9]{8,};?")
"""Python refuses to read the number from some thousand digits on."""


_COMMAS = re.compile(
    r"^([ \t]*(?:\d+:)?\d\d:\d\d)[,.](\d{3}[ \t]+-->[ \t]+(?:\d+:)?\d\d:\d\d)[,.](?=\d{3})",
    re.MULTILINE,
)
"""Times as SRT has them, which some write into WebVTT: the library would pass their cues over."""


def _screens(vtt: str) -> list[Screen]:
    screens = []
    try:
        captions = webvtt.from_string(_COMMAS.sub(r"\1.\2.", vtt)).captions
    except (webvtt.errors.MalformedFileError, webvtt.errors.MalformedCaptionError) as error:
        raise ValueError(f"no WebVTT: {error}") from None
    for cue in captions:
        rows = [
            " ".join(html.unescape(_NO_CHARACTER.sub("\ufffd", row)).split())
            for row in cue.text.split("\n")
        ]
        screens.append(
            Screen(
                lines=tuple(row for row in rows if row),
                start=cue.start_time.in_milliseconds(),
                end=cue.end_time.in_milliseconds(),
                ends_blank=len(rows) > 1 and not rows[-1],
            )
        )
    return screens


def _shown_already(before: Screen, screen: Screen) -> tuple[int, int]:
    """How many of the last lines told ``screen`` says anew, and from which line on it is told."""
    shown, lines = before.lines, screen.lines
    goes_on = screen.goes_on_from(before)
    if goes_on and shown[-len(lines) :] == lines and _only_moves(before, screen):
        return 0, len(lines)
    if carried := _carried(shown, lines):
        return 0, carried
    for count in range(min(len(shown), len(lines)), 0, -1) if goes_on else ():
        same = shown[len(shown) - count : -1] == lines[: count - 1]
        if same and _grows(shown[-1], lines[count - 1]):
            return 1, count - 1
    return 0, 0


def _only_moves(before: Screen, screen: Screen) -> bool:
    """Whether a cue that shows nothing but lines of the one before says none of them again."""
    is_flash = screen.end - screen.start <= FLASH_MS
    return is_flash or screen.ends_blank or len(screen.lines) < len(before.lines)


def _carried(shown: tuple[str, ...], lines: tuple[str, ...]) -> int:
    """How many of ``lines`` stand above a new one and are the last of those ``shown`` before."""
    most = min(len(shown), len(lines) - 1)
    return next((n for n in range(most, 0, -1) if shown[-n:] == lines[:n]), 0)


def _grows(line: str, longer: str) -> bool:
    """Whether ``longer`` is ``line`` and further words."""
    rest = longer.removeprefix(line) if longer.startswith(line) else ""
    return bool(rest) and (
        not rest[0].isalnum() or unicodedata.east_asian_width(rest[0]) in ("W", "F")
    )


def ranked_captions(info: dict[str, Any], wanted: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Language, source and address of the captions that may be taken, the best ones first.

    The languages ``wanted`` go before the rest and written ones before recognised ones; of the
    recognised ones the spoken language (``-orig``) goes before a translation.
    """
    ranked = []
    for source, key in (("manual", "subtitles"), ("automatic", "automatic_captions")):
        for language, tracks in (info.get(key) or {}).items():
            address = next((track["url"] for track in tracks if _is_vtt(track)), None)
            rank = _rank(language, source == "manual", wanted)
            if address and rank is not None:
                ranked.append((rank, language, source, address))
    return [item[1:] for item in sorted(ranked)]


def _is_vtt(track: dict[str, Any]) -> bool:
    """Not every extractor says of what kind a track is."""
    kind = track.get("ext") or PurePosixPath(urlsplit(track["url"]).path).suffix[1:]
    return bool(kind == "vtt")


def _rank(language: str, manual: bool, wanted: tuple[str, ...]) -> tuple[int, ...] | None:
    base, original = language.removesuffix("-orig"), language.endswith("-orig")
    places = [place for place, item in enumerate(wanted) if re.fullmatch(item, base)]
    if base == "live_chat" or not (manual or places or original):
        return None
    variant = 0 if original else 2 if "-" in base else 1
    place = places[0] if places else 0
    return (0 if places else 1, 0 if manual else 1, place, variant)
