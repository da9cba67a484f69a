"""rowkeeper from a wheel as the README installs it, by uv as a tool, far from the checkout."""

import os
import shlex
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

NEWER = ("3.13", "3.12")
"""What dbt-core says it runs on beyond the oldest, the newest first."""


@dataclass(frozen=True)
class Installed:
    """``environment`` is the tool's own, ``programs`` has what of it is called, ``home`` is the
    home of whoever calls it."""

    environment: Path
    programs: Path
    home: Path

    @property
    def packages(self) -> Path:
        """Its site-packages."""
        (folder,) = self.environment.glob("lib/python*/site-packages")
        return folder

    def call(
        self, folder: Path, internet: FakeInternet | None, *command: str
    ) -> subprocess.CompletedProcess[str]:
        """What a command of the environment says in ``folder``, with none of our variables."""
        env = {"PATH": f"{self.programs}:{os.defpath}", "HOME": str(self.home)}
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
    """A built wheel and what is locked, by the README's own line, below ``folder``."""
    wheel = build_wheel(folder)
    tools, programs, home = folder / "tools", folder / "programs", folder / "home"
    home.mkdir()
    readme = (PROJECT_DIR / "README.md").read_text("utf-8")
    (line,) = (line for line in readme.splitlines() if line.startswith("uv tool install "))
    given = {"dist/run.lock": str(PROJECT_DIR / "run.lock"), f"dist/{wheel.name}": str(wheel)}
    command = [given.get(word, word) for word in shlex.split(line)]
    assert set(given.values()) <= set(command)
    places = {"UV_TOOL_DIR": str(tools), "UV_TOOL_BIN_DIR": str(programs)}
    _run(UV, *command[1:], "--python", newest_python(), **places)
    return Installed(tools / "rowkeeper", programs, home)


def newest_python() -> str:
    """The newest Python of this machine that what is locked runs on, pyenv's among them; where
    there is none but the tests' own, that."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    path = os.pathsep.join([*map(str, pyenv.glob("versions/*/bin")), os.environ["PATH"]])
    for version in NEWER:
        done = subprocess.run(
            [UV, "python", "find", "--no-python-downloads", "--no-project", version],
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return done.stdout.strip()
    return sys.executable


def _run(*command: str, **variables: str) -> None:
    env = {**os.environ, **variables}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
