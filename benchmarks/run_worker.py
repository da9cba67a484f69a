"""A run in parts: ``run_worker ARGUMENTS`` is ``rowkeeper run ARGUMENTS``.

It prints the CPU seconds of each part as JSON; ``start`` is all before the run, imports among it.
"""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pkgutil import resolve_name
from typing import Any
from unittest import mock

from rowkeeper.cli import run_command

PARTS = {
    "loaders.pipeline.ingest": "ingest",
    "rowkeeper.workspace.build.refresh": "builds",
    "rowkeeper.run.transfer.pending_readings": "pending",
    "rowkeeper.run.transfer.pending_uploads": "pending",
    "downloaders.pool.download_all": "fetch",
    "uploaders.pool.upload_all": "store",
    "rowkeeper.run.transfer.drain": "drains",
    "rowkeeper.archive.repair.repair": "repair",
    "rowkeeper.archive.words.read_words": "words",
    "rowkeeper.run.round._show_readers": "readers",
}


def main() -> int:
    spent: dict[str, float] = defaultdict(float)
    with ExitStack() as stack:
        for place, name in PARTS.items():
            wrapped = partial(timed, spent, name, resolve_name(place))
            stack.enter_context(mock.patch(place, wrapped))
        spent["start"] = time.process_time()
        code = run_command(["run", *sys.argv[1:], "--quiet"])
    spent["rest"] = time.process_time() - sum(spent.values())
    print(json.dumps(spent))  # noqa: T201
    return code


def timed(
    spent: dict[str, float], name: str, work: Callable[..., Any], *args: Any, **options: Any
) -> Any:
    """What ``work`` returns; its CPU seconds are added to those of ``name``."""
    begin = time.process_time()
    try:
        return work(*args, **options)
    finally:
        spent[name] += time.process_time() - begin


if __name__ == "__main__":
    sys.exit(main())
