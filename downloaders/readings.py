"""Lists and documents change and are read again: what a reading proves, what is new in it."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from downloaders.base import Fetched, Request, Standing
from rowkeeper.core import clock, markup
from rowkeeper.core.errors import AmbiguousError, RetryLaterError
from rowkeeper.core.retry import Refusals

LISTS = frozenset({"playlist", "folder"})
READ_AGAIN = LISTS | {"document", "document_html", "spreadsheet", "presentation"}
"""Kinds of asset; the macro ``is_read_again`` has the same for the tables."""

EMPTIED = "emptied"
"""The code of a list that has no entries all at once."""
STATE = ("complete", "provisional", "entries", "stated", "hidden", "left_out", "children")
"""The details of a reading that make another one of the same bytes worth telling."""

LARGEST_KEYED = 64 << 20
"""Bytes; a larger export is new whenever its bytes are."""
_PDF_NOISE = re.compile(
    rb"/(CreationDate|ModDate)\s{0,9}\([^)]{0,99}\)|/ID\s{0,9}\[[^\]]{0,999}\]"
    rb"|<(xmp|pdf):[^>]{0,999}>[^<]{0,999}</[^>]{0,99}>"
    rb"|uuid:[0-9a-fA-F-]{36}"
)


class PartialListError(RetryLaterError):
    """A list that its source did not give whole; ``fetched`` is what it gave."""

    def __init__(self, fetched: Fetched) -> None:
        super().__init__("incomplete_list", str(fetched.details.get("incomplete_because")))
        self.fetched = fetched


class UnchangedError(Exception):
    """The source still has what was read before. ``details`` are those of this reading."""

    def __init__(self, details: Mapping[str, Any]) -> None:
        super().__init__("unchanged")
        self.details = dict(details)


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How much of a list a reading has.

    ``stated``: how many entries the source says there are, ``hidden`` how many of them it says that
    it does not show. ``left_out``: what a limit of ours, named ``limit``, leaves out. ``doubts``:
    what the source said or did that makes its end doubtful where no count of what was listed
    proves it. ``unread``: why something of it was not even looked at, in words.
    """

    listed: int
    stated: int | None = None
    hidden: int = 0
    left_out: int = 0
    limit: str = ""
    doubts: tuple[str, ...] = field(default=())
    unread: str | None = None

    @property
    def is_cut_short(self) -> bool:
        """Did the source give less than there is?

        Hidden entries are listed, too, where the source gives them when asked: so what it says of
        them closes the sum only if nothing else makes the end doubtful.
        """
        if self.stated is not None and self.listed + self.left_out >= self.stated:
            return False
        return self._is_short or bool(self.doubts)

    @property
    def _is_short(self) -> bool:
        """Is the sum less than what the source states?"""
        return self.stated is not None and self.listed + self.left_out + self.hidden < self.stated

    @property
    def reason(self) -> str | None:
        """Why the reading is not complete, in words; None if it is."""
        words = []
        if self._is_short:
            total = self.listed + self.left_out
            hidden = f" and hides {self.hidden}" if self.hidden else ""
            words.append(f"The source states {self.stated} entries{hidden} and listed {total}.")
        elif self.is_cut_short:
            words.append(f"The source may not have listed all: {self.doubts[0]}")
        if self.left_out:
            words.append(f"{self.left_out} were left out: {self.limit}.")
        if self.unread:
            words.append(f"Something was not looked at: {self.unread}.")
        return " ".join(words) or None

    def details(self) -> dict[str, Any]:
        """What an event says of it."""
        values = {
            "entries": self.listed,
            "stated": self.stated,
            "hidden": self.hidden or None,
            "left_out": self.left_out or None,
            "unread": bool(self.unread) or None,
            "incomplete_because": self.reason,
        }
        kept = {key: value for key, value in values.items() if value is not None}
        return kept | {"complete": self.reason is None}


def checked(fetched: Fetched, extent: Extent) -> Fetched:
    """``fetched`` if its source gave the whole list; else raises :class:`PartialListError`."""
    if extent.is_cut_short:
        raise PartialListError(fetched)
    return fetched


def compare(request: Request, fetched: Fetched) -> None:
    """Raise :class:`UnchangedError` if ``fetched`` says nothing that was not known before.

    The file is removed then. A list of which the source gave less than all does not take the place
    of a complete one, nor does a first tab that is the same without those beside it: that raises
    ``RetryLaterError``. One that is empty all at once is believed when several runs found it so.
    """
    standing = request.standing
    if standing is None:
        return
    known = standing.details
    was_complete = known.get("complete") is True and "tabs_unread" not in known
    may_take_its_place = request.asset_kind not in LISTS and fetched.sha256 != standing.sha256
    if was_complete and not may_take_its_place and _is_cut_short(fetched):
        _remove(fetched)
        raise RetryLaterError("incomplete_list", str(fetched.details.get("incomplete_because")))
    if _is_emptied(request, known, fetched) and not _is_believed(request):
        _remove(fetched)
        words = f"It lists nothing, where {known['entries']} entries were: it is read again first."
        raise AmbiguousError(EMPTIED, words)
    if _is_same(request, standing, fetched):
        _remove(fetched)
        listing = {"listing": known["listing"]} if "listing" in known else {}
        raise UnchangedError({**known, **fetched.details, **listing})


def unless_new(standing: Standing | None, version: str | None) -> None:
    """Raise :class:`UnchangedError` if ``version`` is what the source named when it was read."""
    known = standing.details if standing else {}
    if version and "listing" in known and known.get("source_version") == version:
        raise UnchangedError(known)


def proved(request: Request, fetched: Fetched) -> Fetched:
    """``fetched``, whole, with details of what it proves of a list or document.

    ``children`` stands for the assets that it leads to: where better rules find others in the same
    bytes, or a spreadsheet has other tabs, that is something new.
    """
    if request.asset_kind not in READ_AGAIN:
        return fetched
    ids = "\n".join(sorted(child.asset_id for child in fetched.discovered))
    children = hashlib.sha256(ids.encode()).hexdigest()[:12]
    proof = {
        "complete": True,
        **fetched.details,
        "children": children,
        "listing": request.attempt,
    }
    return replace(fetched, details=proof)


def content_key(path: Path, mime_type: str) -> str | None:
    """What stays the same in an export that Google writes anew each time; None where bytes do."""
    if path.stat().st_size > LARGEST_KEYED:
        return None
    if mime_type == "text/html":
        return _page_key(path.read_bytes())
    if mime_type == "application/pdf":
        return hashlib.sha256(_PDF_NOISE.sub(b"", path.read_bytes())).hexdigest()
    return None


def _page_key(body: bytes) -> str | None:
    """The words of a page, and where its links lead; None for what is no page."""
    from lxml import etree, html

    if markup.cost(body.decode("utf-8", "replace")):
        return None
    parser = html.HTMLParser(encoding="utf-8")
    try:
        tree: Any = html.document_fromstring(body, parser=parser)
    except (etree.LxmlError, ValueError):
        return None
    if markup.is_cut(parser):
        return None
    words = " ".join("".join(tree.xpath("//text()[not(ancestor::style)]")).split())
    links = "\n".join(str(anchor.get("href")) for anchor in tree.iter("a"))
    return hashlib.sha256(f"{words}\n{links}".encode("utf-8", "replace")).hexdigest()


def _is_cut_short(fetched: Fetched) -> bool:
    """Did the source give less than there is, for another reason than a limit of ours?"""
    limits = ("left_out", "unread")
    return fetched.details.get("complete") is False and not any(map(fetched.details.get, limits))


def _is_emptied(request: Request, known: Mapping[str, Any], fetched: Fetched) -> bool:
    """Is a list without entries that had some?"""
    is_empty = request.asset_kind in LISTS and not fetched.details.get("entries")
    return is_empty and bool(known.get("entries"))


def _is_believed(request: Request) -> bool:
    """Is it final by now that the list is empty? Other faults in between prove nothing."""
    now = clock.now()
    return Refusals.after(request.refusals, EMPTIED, now).is_final(now)


def _is_same(request: Request, standing: Standing, fetched: Fetched) -> bool:
    known, new = standing.details, fetched.details
    key = new.get("content_key")
    same = fetched.sha256 == standing.sha256 or (
        key is not None and key == known.get("content_key")
    )
    return same and says_nothing_new(request, new)


def says_nothing_new(request: Request, details: Mapping[str, Any]) -> bool:
    """Does a reading of the same content tell nothing that was not known of it?"""
    known = request.standing.details if request.standing else {}
    is_told = request.asset_kind not in READ_AGAIN or "listing" in known
    whole = {"complete": True} if request.asset_kind in READ_AGAIN else {}
    return is_told and all(
        {**whole, **known}.get(key) == {**whole, **details}.get(key) for key in STATE
    )


def _remove(fetched: Fetched) -> None:
    fetched.path.unlink(missing_ok=True)
    if fetched.text:
        fetched.text.unlink(missing_ok=True)
