"""Kills upgrades in their middle: ``python -m tests.killed_upgrades --kills 100``.

A journal of a released format is brought forward and its warehouse made from it by a process that
is killed after ever longer times, again and again; in the end the tables must be what they were.
"""

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from itertools import cycle
from pathlib import Path
from typing import Any

from rowkeeper.core.profiles import load_target
from rowkeeper.core.warehouse import connect

GOLDEN = Path(__file__).parent / "core" / "golden"
RUN = "import sys; from rowkeeper.cli import run_command; sys.exit(run_command(['rebuild']))"
PEOPLE = "select row_id, name, email, personality_type from {schema}.people"
ASSETS = "select cast(asset_id as text), person_row_id, sha256, object_key from {schema}.assets"
EVENTS = "select event_id from raw.asset_events"


def unpacked(name: str, data_dir: Path) -> Path:
    """A data folder with nothing but the journal of a released format."""
    with tarfile.open(GOLDEN / f"{name}.tar.gz") as tar:
        tar.extractall(data_dir, filter="data")
    return data_dir / "journal"


def differences(name: str) -> list[str]:
    """What the tables, as the environment names them, say otherwise than the format's own did."""
    golden = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    target = load_target()
    with connect(target, read_only=True) as warehouse:
        people, assets = (
            {key: list(rows) for key, *rows in warehouse.query(sql.format(schema=target.schema))}
            for sql in (PEOPLE, ASSETS)
        )
        events = {event for (event,) in warehouse.query(EVENTS)}
    rows: dict[str, tuple[Any, Any]] = {
        "people": (people, golden["people"]),
        "assets": ({key: assets.get(key) for key in golden["assets"]}, golden["assets"]),
        "events": (events, set(golden["event_ids"])),
    }
    return [f"{what} of {name} differ" for what, (now, was) in rows.items() if now != was]


def kill(name: str, folder: Path, kills: int, first_s: float, step_s: float) -> int:
    """Upgrade in ``folder`` until it was killed so often; how many kills met it at work."""
    met, begun = 0, 0
    delays = cycle([first_s + step_s * step for step in range(20)])
    while met < kills:
        data = folder / f"{name}-{begun}"
        unpacked(name, data)
        begun += 1
        environ = {**os.environ, "ROWKEEPER_DATA_DIR": str(data)}
        while met < kills:
            process = subprocess.Popen([sys.executable, "-c", RUN], env=environ)
            try:
                if process.wait(next(delays)):
                    raise SystemExit(f"rebuild ended with {process.returncode}")
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                met += 1
        os.environ["ROWKEEPER_DATA_DIR"] = str(data)
        subprocess.run([sys.executable, "-c", RUN], env=environ, check=True)
        if wrong := differences(name):
            raise SystemExit("; ".join(wrong))
    return met


def main() -> None:
    """Divide the kills among the released formats, on DuckDB."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    kills = parser.parse_args().kills
    names = sorted(path.name.partition(".")[0] for path in GOLDEN.glob("*.tar.gz"))
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            met = kill(name, Path(folder), -(-kills // len(names)), 0.5, 0.6)
            sys.stdout.write(f"{name}: {met} kills, and the tables are what they were.\n")


if __name__ == "__main__":
    main()
