"""rowkeeper from a wheel, in an environment of its own, far from the checkout."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rowkeeper.core.settings import PROJECT_DIR
from tests.fakes.internet import FakeInternet

SOURCES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "dbt_project.yml", "profiles.yml")
FOLDERS = ("rowkeeper", "loaders", "downloaders", "uploaders", "dbt_project")
UV = str(Path(sys.executable).parent / "uv")


@dataclass(frozen=True)
class Installed:
    """``environment`` is a virtual environment, ``home`` the home of whoever calls it."""

    environment: Path
    home: Path

    @property
    def packages(self) -> Path:
        """Its site-packages."""
        (found,) = self.environment.glob("lib/python*/site-packages")
        return found

    def call(
        self, folder: Path, internet: FakeInternet | None, *command: str
    ) -> subprocess.CompletedProcess[str]:
        """What a command of the environment says in ``folder``, with none of our variables."""
        env = {"PATH": f"{self.environment / 'bin'}:{os.defpath}", "HOME": str(self.home)}
        if internet is not None:
            env |= internet.variables
            env["ROWKEEPER_DOWNLOAD_RATES"] = "youtube=0, drive=0"  # it is our own website
        return subprocess.run(
            command, cwd=folder, env=env, capture_output=True, text=True, check=False
        )


def build_wheel(folder: Path) -> Path:
    """The wheel of a copy of the checkout, built into ``folder``."""
    source = folder / "source"
    source.mkdir()
    for name in SOURCES:
        shutil.copyfile(PROJECT_DIR / name, source / name)
    for name in FOLDERS:
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(PROJECT_DIR / name, source / name, ignore=ignored)
    _run(UV, "build", "--wheel", "--no-build-isolation", "--python", sys.executable, str(source))
    (wheel,) = (source / "dist").glob("*.whl")
    return wheel


def install(folder: Path) -> Installed:
    """A built wheel and what is locked, in a new environment below ``folder``."""
    wheel = build_wheel(folder)
    environment, home = folder / "environment", folder / "home"
    home.mkdir()
    _run(UV, "venv", "--python", sys.executable, str(environment))
    python = ("--python", str(environment / "bin" / "python"))
    lock = str(PROJECT_DIR / "run.lock")
    _run(UV, "pip", "install", *python, "--require-hashes", "-r", lock)
    _run(UV, "pip", "install", *python, "--no-deps", str(wheel))
    return Installed(environment, home)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
