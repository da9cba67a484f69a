"""What ``make setup`` installs is what was looked at: by hash, from lock files."""

import re

import pytest

from rowkeeper.core.settings import PROJECT_DIR

MAKEFILE = (PROJECT_DIR / "Makefile").read_text("utf-8")
SETUP = MAKEFILE.partition("\n$(RUNS):")[2].partition("\n\n# ")[0]

LOCKS = ("bootstrap.lock", "run.lock", "requirements.lock")


def test_setup_installs_by_hash_alone() -> None:
    installs = [line for line in SETUP.splitlines() if "pip install" in line]
    ours = [line for line in installs if line.endswith(" --editable .")]
    assert len(ours) == 1
    assert "--no-deps --no-build-isolation" in ours[0]
    assert len(installs) == 1 + len(LOCKS)
    for line in set(installs) - set(ours):
        assert re.search(r"--require-hashes -r (bootstrap|run|requirements)\.lock$", line), line


def test_what_running_needs_has_no_tools_and_the_versions_that_were_tested() -> None:
    running, all_of_it = (
        dict(re.findall(r"^([\w.-]+)\S*==(\S+)", (PROJECT_DIR / name).read_text("utf-8"), re.M))
        for name in ("run.lock", "requirements.lock")
    )
    assert running.items() < all_of_it.items()
    assert not {"pytest", "mypy", "ruff", "sqlfluff", "swift", "playwright"} & running.keys()


@pytest.mark.parametrize("name", LOCKS)
def test_each_package_is_pinned_with_its_hashes(name: str) -> None:
    text = (PROJECT_DIR / name).read_text("utf-8").replace("\\\n", " ")
    packages = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert packages
    for line in packages:
        assert re.match(r"[\w.\-\[\]]+==\S+ ", line), line
        assert "--hash=sha256:" in line


def test_what_installs_and_what_builds_are_locked() -> None:
    bootstrap = (PROJECT_DIR / "bootstrap.lock").read_text("utf-8")
    project = (PROJECT_DIR / "pyproject.toml").read_text("utf-8")
    (uv,) = re.findall(r'^setup = \["(uv==[\d.]+)"\]', project, re.MULTILINE)
    assert bootstrap.startswith(f"{uv} ")
    lock = (PROJECT_DIR / "requirements.lock").read_text("utf-8")
    assert re.search(r"^setuptools==", lock, re.MULTILINE)
