"""Where dlt works and loads, derived from the target that the profile names."""

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from rowkeeper.warehouse import Target

PIPELINE = "rowkeeper"
DATASET = "raw"


def dlt_data_dir(data_dir: Path, target_name: str) -> Path:
    """dlt's working folder for a target; ``DLT_DATA_DIR`` shows it to dlt's own commands."""
    return (data_dir / "dlt" / target_name).resolve()


def pipelines_dir(data_dir: Path, target_name: str) -> Path:
    """Where dlt keeps its pipelines: where its own commands look below ``DLT_DATA_DIR``."""
    return dlt_data_dir(data_dir, target_name) / "pipelines"


def credentials(target: Target) -> str:
    """What dlt takes as the credentials of the destination ``target.type``: a path or a URL."""
    if target.type == "duckdb":
        return str(Path(str(target.path)).resolve())
    return postgres_url(target)


def destination(target: Target) -> Any:
    """dlt's destination for the warehouse that the profile names."""
    import dlt

    if target.type == "duckdb":
        from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials

        path = credentials(target)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return dlt.destinations.duckdb(DuckDbCredentials(path))
    return dlt.destinations.postgres(credentials(target), create_indexes=False)


def postgres_url(target: Target) -> str:
    """The URL of a Postgres target; a host that is a folder means the unix socket in it.

    dlt wants a password even where the server asks for none, so an empty one becomes a placeholder.
    """
    user, password = quote(target.user or "", safe=""), quote(target.password or "-", safe="")
    database = quote(target.dbname or "", safe="")
    host, query = target.host or "localhost", ""
    if host.startswith("/"):
        host, query = "localhost", "?" + urlencode({"host": host})
    return f"postgresql://{user}:{password}@{host}:{target.port or 5432}/{database}{query}"
