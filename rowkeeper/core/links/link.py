"""What a link leads to, and which assets that asks for."""

from dataclasses import dataclass, field

LONGEST_LINK = 8192
"""Characters: no browser and no server takes more, and nothing of ours looks into more."""

ASSET_KINDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("youtube", "video"): ("video", "transcript"),
    ("youtube", "playlist"): ("playlist",),
    ("youtube", "video_list"): ("playlist",),
    ("drive", "file"): ("file",),
    ("drive", "folder"): ("folder",),
    ("docs", "document"): ("document", "document_html"),
    ("docs", "published_document"): ("document", "document_html"),
    ("docs", "spreadsheet"): ("spreadsheet",),
    ("docs", "presentation"): ("presentation",),
    ("direct", "media"): ("file",),
    ("vimeo", "video"): ("video", "transcript"),
    ("loom", "video"): ("video", "transcript"),
    ("dailymotion", "video"): ("video",),
}
"""(provider, link_type) -> the kinds of asset that such a link asks for."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a link leads to.

    ``provider`` is one of ``ASSET_KINDS``, or other. ``media_id`` is the provider's id; direct and
    other links have their canonical address for it. ``url`` is canonical: links to the same
    thing have the same one, and ``classify(link.url) == link``. ``resource_key`` is what opens an
    old file of Google Drive or an unlisted video of Vimeo to those who have its link; it is no part
    of what the link leads to.
    """

    provider: str
    link_type: str
    media_id: str
    url: str
    resource_key: str = field(default="", compare=False)

    @property
    def asset_kinds(self) -> tuple[str, ...]:
        """The kinds of asset that the link asks for; () where there is nothing to archive."""
        return ASSET_KINDS.get((self.provider, self.link_type), ())
