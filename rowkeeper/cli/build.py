"""``dbt build`` within this process: one start of dbt serves all builds of a run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rowkeeper.cli.options import Context
from rowkeeper.errors import BuildError

WARNING, BAD = "warn", frozenset({"error", "fail", "runtime error"})


@dataclass(frozen=True)
class BuildSummary:
    """What a build found. ``warnings``: data test -> the rows it lists."""

    nodes: int
    warnings: dict[str, int]


def build(context: Context) -> BuildSummary:
    """Run every model and data test on the target. Raises ``BuildError``, with what failed.

    When a blocking test fails, what is downstream of it stays as it was.
    """
    from dbt.cli.main import dbtRunner

    folder = context.settings.data_dir / "dbt" / context.target.name
    result = dbtRunner().invoke(
        [
            *("--log-level", "none", "--log-path", str(folder / "logs")),
            "build",
            *("--target", context.target.name, "--target-path", str(folder / "target")),
        ]
    )
    nodes = list(getattr(result.result, "results", None) or ())
    if not result.success:
        raise BuildError(_refusal(context, nodes, result.exception, folder))
    warnings = {node.node.name: int(node.failures or 0) for node in nodes if node.status == WARNING}
    return BuildSummary(len(nodes), warnings)


def _refusal(
    context: Context, nodes: list[Any], exception: BaseException | None, folder: Path
) -> str:
    failed = [node for node in nodes if str(node.status) in BAD]
    if failed:
        names = ", ".join(node.node.name for node in failed[:3])
        more = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
        reason = f"{names}{more}: {failed[0].message}"
    else:
        reason = str(exception or "no node ran")
    reason = " ".join(reason.split())[:400]
    return (
        f"dbt build stopped before the marts ({reason}). Nothing is lost: see "
        f"{folder / 'logs' / 'dbt.log'}, or run dbt build --target {context.target.name}."
    )
