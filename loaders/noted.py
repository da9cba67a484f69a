"""What is seen in the cells of a tab beside their texts and links."""

from dataclasses import dataclass, field

from lxml import html

from loaders.left_out import cell_name

_SHOWN = ("img", "iframe", "video", "audio", "embed", "object")
"""Elements that show something which is neither text nor link."""
_SIGNS = "gstatic.com/"
"""Where Google's own signs in cells come from."""


@dataclass(frozen=True)
class Merged:
    """A cell with content that was merged: its name, such as B2, and the rows that it covers."""

    name: str
    first: int
    last: int


@dataclass(frozen=True)
class SeenCells:
    """The merged cells of a tab, and the names of those with pictures or players."""

    merged: list[Merged] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)

    def look(self, part: html.HtmlElement, column: int, row: int, rows: int) -> None:
        """Note what is special of the cell at a column and a row, from 1, with content over so
        many ``rows``."""
        if rows > 1:
            self.merged.append(Merged(cell_name(column, row), row, row + rows - 1))
        if any(map(_is_alone, part.iter(*_SHOWN))):
            self.pictures.append(cell_name(column, row))


def _is_alone(shown: html.HtmlElement) -> bool:
    """Whether something is shown that is no sign of Google's and leads nowhere by a link."""
    is_linked = any(anchor.get("href") for anchor in shown.iterancestors("a"))
    return not is_linked and _SIGNS not in (shown.get("src") or "")
