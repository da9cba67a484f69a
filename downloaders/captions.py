"""Captions as plain text."""

import html

import webvtt


def plain_text(vtt: str, *, rolling: bool) -> str:
    """The words of WebVTT ``vtt`` without cues and tags, a line a line.

    ``rolling`` captions, as speech recognition makes them, show each line again below or above the
    next; such a line is told once.
    """
    told: list[str] = []
    shown: list[str] = []
    for cue in webvtt.from_string(vtt).captions:
        lines = [" ".join(html.unescape(line).split()) for line in cue.text.splitlines()]
        lines = [line for line in lines if line]
        told += lines[_overlap(shown, lines) :] if rolling else lines
        shown = lines
    return "".join(f"{line}\n" for line in told)


def _overlap(shown: list[str], lines: list[str]) -> int:
    """How many of ``lines`` are the last of those ``shown`` before."""
    most = min(len(shown), len(lines))
    return next((n for n in range(most, 0, -1) if shown[-n:] == lines[:n]), 0)
