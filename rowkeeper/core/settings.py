"""All settings and where they come from: flag, then environment, then .dlt/*.toml, then default.

Each setting has a dotted name: ``store.url`` is the flag ``--store-url`` where a command has one,
``ROWKEEPER_STORE_URL`` in the environment, ``url`` below ``[rowkeeper.store]`` in
``.dlt/secrets.toml`` or ``.dlt/config.toml``. Where the warehouse is stands in ``profiles.yml``.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from rowkeeper.core.errors import UsageError
from rowkeeper.core.project import (
    CHECKOUT,
    OURS,
    PROJECT_VARIABLE,
    find_project,
    may_mean_ours,
    project_folder,
)
from rowkeeper.core.setting_sections import (
    Disk,
    Download,
    Drive,
    LegacyCsv,
    Monitoring,
    Network,
    Section,
    Sheet,
    Site,
    StoreSettings,
    Upload,
)
from rowkeeper.core.store_url import store_url

DEFAULT_ARCHIVE = "archive"
"""The folder of the data folder that is the store unless another one is named."""
PREFIX = "ROWKEEPER_"
DLT_PREFIX = "ROWKEEPER__"
FOREIGN_PREFIXES = ("ROWKEEPER_PG_", DLT_PREFIX)  # of profiles.yml; of dlt, for our pipeline
SECRETS = frozenset(
    {"store.secret_access_key", "sheet.api_key", "drive.api_key", "monitoring.notify"}
)
"""Only in the environment or in secrets.toml."""
READ_BY_DBT = frozenset(
    {"download.document_depth", "legacy_csv.ignore", "legacy_csv.known_earlier"}
)
"""Only in the environment, where models read them too."""
PROJECT_DIR = CHECKOUT
"""Where the dbt project and profiles.yml are; a team's own folder is another."""


class Settings(Section):
    """Everything that may be set. ``data_dir`` is absolute."""

    data_dir: Path
    sheet: Sheet = Sheet()
    drive: Drive = Drive()
    legacy_csv: LegacyCsv = LegacyCsv()
    network: Network = Network()
    download: Download = Download()
    upload: Upload = Upload()
    store: StoreSettings = StoreSettings()
    disk: Disk = Disk()
    site: Site = Site()
    monitoring: Monitoring = Monitoring()


def keys() -> dict[str, str]:
    """All settings: dotted name -> its variable in the environment."""
    return {name: PREFIX + name.upper().replace(".", "_") for name in _names(Settings)}


def _names(section: type[Section], above: str = "") -> Iterator[str]:
    for name, info in section.model_fields.items():
        if _is_section(info.annotation):
            yield from _names(cast("type[Section]", info.annotation), f"{above}{name}.")
        else:
            yield f"{above}{name}"


def _is_section(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Section)


def settings_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Where ``config.toml`` and ``secrets.toml`` are: in the project that is named, else where
    dlt's own are said to be, else in the project that is near."""
    environ = os.environ if environ is None else environ
    project = find_project(environ) or CHECKOUT
    if environ.get(PROJECT_VARIABLE):
        return project / ".dlt"
    return Path(environ.get("DLT_PROJECT_DIR", project)) / ".dlt"


def load_settings(
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    config_dir: Path | None = None,
) -> Settings:
    """The settings, from ``flags`` (by dotted name; None and () are not given), environment, files.

    ``config_dir`` holds ``config.toml`` and ``secrets.toml``; the project's by default. Raises
    ``UsageError`` for an unknown key, naming its near match, for a value that can't be, and where
    neither a project nor a setting says where data goes.
    """
    environ = os.environ if environ is None else environ
    folder = config_dir or settings_folder(environ)
    values = _from_file(folder / "config.toml", secrets=False)
    values |= _from_file(folder / "secrets.toml", secrets=True)
    values |= _from_environment(environ)
    for name, value in (flags or {}).items():
        if value not in (None, (), []):
            values[_known(name, "a flag", name)] = (value, f"the flag for {name}")
    if "data_dir" not in values:
        values["data_dir"] = (project_folder(environ) / "data", "default")
    return _validated(values)


def _from_file(path: Path, *, secrets: bool) -> dict[str, tuple[Any, str]]:
    """Settings below ``[rowkeeper]`` in a TOML file; nothing without the file."""
    given: dict[str, tuple[Any, str]] = {}
    for section, values in _our_tables(path).items():
        if not isinstance(values, dict):
            _known(section, str(path), section)
            words = "--data-dir or ROWKEEPER_DATA_DIR, which profiles.yml reads too"
            raise UsageError(f"{path}: {section} can't be set here; set it by {words}.")
        for name, value in _below(section, values, str(path)):
            if name in READ_BY_DBT:
                words = f"set {keys()[name]} in the environment, which dbt reads too."
                raise UsageError(f"{path}: {name} can't be set here; {words}")
            if name in SECRETS and not secrets:
                raise UsageError(f"{path}: {name} is a secret; move it to secrets.toml beside it.")
            given[name] = (value, str(path))
    return given


def _our_tables(path: Path) -> dict[str, Any]:
    """What stands below ``[rowkeeper]``. Raises ``UsageError``, also for a table that must be meant
    to stand there."""
    text = ""
    try:
        text = path.read_text("utf-8-sig")
        tables = tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        hint = " A backslash stands twice in it, or within 'single quotes'." if "\\" in text else ""
        raise UsageError(f"{path} can't be read: {error}. Mend the file.{hint}") from None
    sections = {name.partition(".")[0] for name in keys()}
    for name in tables.keys() - {OURS}:
        if name in sections or may_mean_ours(name):
            meant = f"{OURS}.{name}" if name in sections else OURS
            raise UsageError(f"{path}: nobody reads [{name}]: write [{meant}] in its place.")
    ours = tables.get(OURS, {})
    if not isinstance(ours, dict):
        raise UsageError(f"{path}: {OURS} is a table: write [{OURS}.sheet], and settings below it.")
    return ours


def _below(section: str, values: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    """The settings in a section and in those within it, by dotted name."""
    for key, value in values.items():
        name = f"{section}.{key}"
        if isinstance(value, dict) and any(known.startswith(f"{name}.") for known in keys()):
            yield from _below(name, value, path)
        else:
            yield _known(name, path, f"[rowkeeper.{section}] {key}"), value


def _from_environment(environ: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    names = {variable: name for name, variable in keys().items()}
    values: dict[str, tuple[Any, str]] = {}
    sections = {name.partition(".")[0] for name in names.values()}
    for variable, value in environ.items():
        parts = variable.removeprefix(DLT_PREFIX).split("__")
        if variable.startswith(DLT_PREFIX) and value and parts[0].lower() in sections:
            ours = PREFIX + "_".join(parts)
            if ours not in names:
                raise UsageError(_unknown(variable, "the environment", list(names), ours))
            raise UsageError(f"{variable} is spelt as dlt's own settings are: set {ours}.")
        if not variable.startswith(PREFIX) or variable.startswith(FOREIGN_PREFIXES):
            continue
        if variable == PROJECT_VARIABLE:
            continue
        if variable not in names:
            raise UsageError(_unknown(variable, "the environment", list(names)))
        if value:
            values[names[variable]] = (value, variable)
    return values


def _known(name: str, where: str, shown: str) -> str:
    if name not in keys():
        raise UsageError(_unknown(shown, where, list(keys()), name))
    return name


def _unknown(shown: str, where: str, known: list[str], name: str | None = None) -> str:
    near = get_close_matches(name or shown, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}."
    return f"Unknown setting {shown} in {where}: {hint}"


def _validated(given: Mapping[str, tuple[Any, str]]) -> Settings:
    """The settings of ``{name: (value, where it came from)}``."""
    tree: dict[str, Any] = {}
    for name, (value, _) in given.items():
        *sections, key = name.split(".")
        below = tree
        for section in sections:
            below = below.setdefault(section, {})
        below[key] = value
    data_dir = Path(tree["data_dir"]).expanduser().absolute()
    tree["data_dir"] = data_dir
    store = tree.setdefault("store", {})
    store["url"] = store_url(str(store.get("url") or ""), data_dir / DEFAULT_ARCHIVE)
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        name = next((name for name in keys() if f"{place}.".startswith(f"{name}.")), place)
        where = given.get(name, (None, "default"))[1]
        reason = first["msg"].removeprefix("Input ")
        raise UsageError(f"The setting {name} (from {where}) {reason}.") from None
