"""Sources: the sheet and the legacy CSVs, parsed and loaded as they stood.

In a dlt pipeline of anybody's:

    import dlt
    import rowkeeper  # where it is from a wheel, loaders are found once it is imported
    import loaders

    pipeline = dlt.pipeline("people", destination="duckdb", dataset_name="raw")
    pipeline.run([loaders.people_sheet("people.csv"), loaders.legacy_csv(["old/*.csv"])])
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loaders.sources import legacy_csv, people_sheet

__all__ = ["legacy_csv", "people_sheet"]


def __getattr__(name: str) -> Any:
    """The sources, once they are asked for: dlt takes its time to import."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from loaders import sources

    return getattr(sources, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
