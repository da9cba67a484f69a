"""The page that the figures stand on, docs/benchmarks.md, and its parts that are made anew."""

from rowkeeper.core.settings import PROJECT_DIR

PAGE = PROJECT_DIR / "docs" / "benchmarks.md"


def replaced(page: str, begin: str, part: str, end: str) -> str:
    """``page`` with ``part`` between its two marks."""
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}{part}{end}{after}"
