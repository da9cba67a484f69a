"""Where a wheel has what lies beside ``rowkeeper/`` in the checkout; all else is in pyproject.toml.

``loaders`` and the like are too common as names for other people's site-packages, so they are in
``rowkeeper/parts`` with the dbt project; ``rowkeeper/__init__.py`` puts that folder on the path.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PARTS = ("rowkeeper", "parts")
ROOMS = ("loaders", "downloaders", "uploaders")
DBT_FILES = ("dbt_project.yml", "profiles.yml")
DBT_FOLDERS = ("macros", "models", "tests")


class BuildPy(build_py):
    """Builds the rooms below ``PARTS``, unless the install is editable."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            self._copy_dbt_project(Path(self.build_lib, *PARTS))

    def get_module_outfile(self, build_dir: str, package: tuple[str, ...], module: str) -> str:
        if package[0] in ROOMS and not self.editable_mode:
            package = (*PARTS, *package)
        return str(super().get_module_outfile(build_dir, package, module))

    def _copy_dbt_project(self, parts: Path) -> None:
        for name in DBT_FILES:
            shutil.copyfile(name, parts / name)
        shutil.rmtree(parts / "dbt_project", ignore_errors=True)
        for name in DBT_FOLDERS:
            shutil.copytree(Path("dbt_project", name), parts / "dbt_project" / name)


setup(cmdclass={"build_py": BuildPy})
