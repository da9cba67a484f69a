"""Where dlt works and loads, derived from the target that the profile names."""

from pathlib import Path
from typing import Any

from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.warehouse import Target

PIPELINE = "rowkeeper"
DATASET = "raw"
PENDING = ("normalize/extracted", "load/normalized")
"""Where dlt has its packages that are not loaded yet, below the folder of a pipeline."""


def dlt_data_dir(data_dir: Path, target_name: str) -> Path:
    """dlt's working folder for a target; ``DLT_DATA_DIR`` shows it to dlt's own commands."""
    return (data_dir / "dlt" / target_name).resolve()


def pipelines_dir(data_dir: Path, target_name: str) -> Path:
    """Where dlt keeps its pipelines: where its own commands look below ``DLT_DATA_DIR``."""
    return dlt_data_dir(data_dir, target_name) / "pipelines"


def forget_trace(pipelines: Path) -> None:
    """Remove the trace that an earlier version, or somebody else, left: dlt unpickles it."""
    (pipelines / PIPELINE / "trace.pickle").unlink(missing_ok=True)


def may_be_pending(pipelines: Path) -> bool:
    """Can an earlier run have left a package half-way? False only where dlt's folders show none."""
    folder = pipelines / PIPELINE
    if not folder.exists():
        return False
    try:
        return any(any((folder / name).iterdir()) for name in PENDING)
    except OSError:
        return True


def credentials(target: Target) -> str:
    """What dlt takes as the credentials of the destination ``target.type``: a path or a URL."""
    if target.type == "duckdb":
        return str(Path(str(target.path)).resolve())
    from loaders.postgres import postgres_url

    return postgres_url(target)


def destination(target: Target) -> Any:
    """dlt's destination for the warehouse that the profile names."""
    if target.type == "duckdb":
        import dlt
        from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials

        path = credentials(target)
        make_folder(Path(path).parent)
        return dlt.destinations.duckdb(DuckDbCredentials(path))
    from loaders.postgres import LibpqCredentials, WarehousePostgres, postgres_url

    return WarehousePostgres(LibpqCredentials(postgres_url(target)), create_indexes=False)
