"""How a run fetches what is pending."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FetchOptions:
    """``stream``: straight into the store where that can be. ``reread``: lists and documents are
    due whatever their age. ``cluster``: the address of the workers that fetch."""

    stream: bool = False
    reread: bool = False
    cluster: str | None = None


HERE = FetchOptions()
"""By this process, onto its disk, what is due."""
