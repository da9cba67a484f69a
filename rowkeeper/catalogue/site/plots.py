"""Plots as SVG within a page: bars and a line, coloured by the page's own style sheet.

Each is drawn of numbers that stand in a table beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, ROW, LABEL, VALUE = 640, 24, 220, 90
HEIGHT = 180
MOST_BARS = 20


@dataclass(frozen=True)
class Bar:
    """A label, and from left to right pieces of a length: (class of the style sheet, number)."""

    label: str
    pieces: tuple[tuple[str, float], ...]
    said: str

    @property
    def total(self) -> float:
        return sum(number for _, number in self.pieces)


@dataclass(frozen=True)
class Plot:
    """Bars, or a line through points, with its table: the names of columns and the rows."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[object]]
    bars: Sequence[Bar] = ()
    points: Sequence[float] = ()

    @property
    def shown(self) -> Sequence[Bar]:
        return self.bars[:MOST_BARS]

    @property
    def height(self) -> int:
        return HEIGHT if self.points else ROW * len(self.shown) + 4

    def drawn(self) -> list[dict[str, object]]:
        """Each bar's place, its label and the rectangles of its pieces, in the SVG's units."""
        most = max((bar.total for bar in self.shown), default=0) or 1
        room = WIDTH - LABEL - VALUE
        plots = []
        for number, bar in enumerate(self.shown):
            x, rectangles = float(LABEL), []
            for name, piece in bar.pieces:
                width = room * piece / most
                rectangles.append((name, round(x, 1), round(width, 1)))
                x += width
            plots.append(
                {
                    "y": number * ROW,
                    "label": bar.label if len(bar.label) <= 30 else f"{bar.label[:29]}…",
                    "rectangles": rectangles,
                    "end": round(x + 6, 1),
                    "said": bar.said,
                }
            )
        return plots

    def line(self) -> str:
        """The points of the line, as SVG's ``points`` has them."""
        most = max(self.points, default=0) or 1
        step = WIDTH / max(1, len(self.points) - 1)
        return " ".join(
            f"{number * step:.1f},{HEIGHT - 8 - (HEIGHT - 16) * value / most:.1f}"
            for number, value in enumerate(self.points)
        )
