"""What somebody gives yt-dlp beyond the usual, as its command line takes it."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import yt_dlp  # type: ignore[import-untyped]

from rowkeeper.core.errors import UsageError
from rowkeeper.core.net.addresses import Network, networks
from rowkeeper.core.net.hosts import Hosts

ADDRESS = re.compile(r"https?://[^\s;,/?#]+")


def wanted(given: Sequence[str]) -> dict[str, Any]:
    """What is given, and that YouTube's translations of captions are left out: nobody asked for
    them, and there are thousands.

    Raises ``UsageError`` for another language than English, which yt-dlp asks for by itself: the
    rules know what YouTube says in that alone.
    """
    arguments = parsed(given)
    site = arguments.get("youtube") or {}
    if set(site.get("lang") or ()) - {"en"}:
        raise UsageError(
            "download.youtube.extractor_args: take lang out, for in another language than English "
            "nobody could tell a private video from one that is to be tried again."
        )
    skipped = [*(site.get("skip") or []), "translated_subs"]
    return arguments | {"youtube": site | {"skip": skipped}}


def parsed(given: Sequence[str]) -> dict[str, Any]:
    """``youtube:player_client=mweb`` and its like as ``YoutubeDL`` wants them.

    Raises ``UsageError`` for what yt-dlp does not take.
    """
    if not given:
        return {}
    options = [text for item in given for text in ("--extractor-args", item)]
    try:
        ydl_opts: dict[str, Any] = yt_dlp.parse_options(["--ignore-config", *options]).ydl_opts
    except (SystemExit, ValueError):
        raise UsageError("download.youtube.extractor_args is nothing that yt-dlp takes.") from None
    arguments: dict[str, Any] = ydl_opts["extractor_args"]
    return arguments


def named_hosts(given: Sequence[str]) -> tuple[Hosts | None, tuple[Network, ...]]:
    """The hosts whose addresses stand in there, and their own private addresses.

    Who names a provider of tokens there wants it to be asked, on this machine, too.
    """
    parts = [urlsplit(url) for item in given for url in ADDRESS.findall(item)]
    if not parts:
        return None, ()
    own: list[Network] = []
    for name in (part.hostname or "" for part in parts):
        try:
            own += networks(["127.0.0.0/8", "::1/128"] if name == "localhost" else [name])
        except ValueError:
            continue  # a name of the public net, or one of network.private_addresses
    named = frozenset(part.netloc.lower() for part in parts)
    return Hosts(named, schemes=frozenset({"http", "https"})), tuple(own)
