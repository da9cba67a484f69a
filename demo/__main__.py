"""Runs ``rowkeeper run`` against a website on loopback, then shows what came of it.

``python -m demo [--target prod] [-- COMMAND …]``: with a command, that one instead of ``run``.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from demo.site import SHEET_URL, Demo, make_demo
from rowkeeper.cli import run_command
from rowkeeper.core.disk.locks import lock_path
from rowkeeper.core.settings import FOREIGN_PREFIXES, PREFIX, PROJECT_DIR
from tests.fakes.internet import FakeInternet
from tests.helpers.postgres import start_postgres

FOLDER = PROJECT_DIR / ".demo"
LOCK_WAIT_S = 120


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--target", default="dev", help="dev (DuckDB, the default) or prod")
    parser.add_argument("command", nargs="*", help="another command of rowkeeper, after --")
    arguments = parser.parse_args()
    place = FOLDER / arguments.target
    with environment(place, arguments.target) as (demo, internet):
        if arguments.command:
            return run_command(arguments.command)
        run = ["run", "--sheet", SHEET_URL, "--legacy-csv", str(demo.legacy_csv)]
        print(f"A small website on loopback stands in for Google.\n$ rowkeeper {' '.join(run)}")
        code = run_command(run)
        if code == 0:
            print("\n$ rowkeeper status --people")
            code = run_command(["status", "--people"])
        content = len(internet.requests) - internet.fetched("/pubhtml")
        print(f"\nThe website was asked {content} times for content.")
        print(look_further(place, arguments.target))
        return code


@contextmanager
def environment(place: Path, target: str) -> Iterator[tuple[Demo, FakeInternet]]:
    """The website, on Postgres a server too, and the variables that lead rowkeeper there."""
    place.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(lock_path(place / "demo.lock", timeout_s=LOCK_WAIT_S))
        demo = make_demo(place / "sources", link_column=True)
        internet = stack.enter_context(FakeInternet(demo.site))
        for name in list(os.environ):
            if name.startswith(PREFIX) and not name.startswith(FOREIGN_PREFIXES):
                del os.environ[name]
        if target == "prod" and "ROWKEEPER_PG_HOST" not in os.environ:
            server = stack.enter_context(start_postgres(place / "postgres"))
            server.create_database("rowkeeper")
            os.environ.update(server.environ("rowkeeper"))
        os.environ.update(
            DBT_TARGET=target,
            ROWKEEPER_DATA_DIR=str(place / "data"),
            ROWKEEPER_DISK_STATE_DIR=str(place / "state"),  # whoever removes the demo begins anew
            ROWKEEPER_NETWORK_PROXY=internet.proxy,
            ROWKEEPER_NETWORK_CA_FILE=str(internet.ca_file),
            ROWKEEPER_DOWNLOAD_PACE_DIR=str(place / "pace"),
            ROWKEEPER_DOWNLOAD_RATES="youtube=0, drive=0, docs=0",  # it is our own website
        )
        yield demo, internet


def look_further(place: Path, target: str) -> str:
    """The commands to go on with, from the checkout."""
    python = os.path.relpath(sys.executable)
    demo = f"{python} -m demo" + (f" --target {target}" if target != "dev" else "")
    files = os.path.relpath(place / "data" / "archive")
    pages = os.path.relpath(place / "data" / "site" / "index.html")
    owned = (place / "postgres").is_dir()
    return "\n".join(
        [
            "",
            "Look further"
            + (" (the demo's own Postgres ends with it; these start it again):" if owned else ":"),
            f"  {demo} -- status           the tables above",
            f"  {demo} -- status --json    everything, for programs",
            f"  {demo} -- doctor           what a run needs, checked one by one",
            f"  {demo} -- search walks     what people say and write",
            f"  {pages}    the same as pages, for a browser",
            f"  find {files} -type f       the archive",
            f"  {demo}                     once more: nothing is fetched, nothing changes",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
