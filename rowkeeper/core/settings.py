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
from typing import Any, Literal, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from rowkeeper.core.errors import UsageError
from rowkeeper.core.setting_types import (
    Age,
    Bursts,
    Concurrency,
    ExtractorArgs,
    Names,
    Networks,
    Plugins,
    Rates,
    TextEncoding,
    Texts,
    Titles,
)
from rowkeeper.core.store_url import store_url

DEFAULT_ARCHIVE = "archive"
"""The folder of the data folder that is the store unless another one is named."""
PREFIX = "ROWKEEPER_"
FOREIGN_PREFIXES = ("ROWKEEPER_PG_", "ROWKEEPER__")  # of profiles.yml; of dlt, for our pipeline
SECRETS = frozenset({"store.secret_access_key", "sheet.api_key", "drive.api_key"})
"""Only in the environment or in secrets.toml."""
READ_BY_DBT = frozenset(
    {"download.document_depth", "legacy_csv.ignore", "legacy_csv.known_earlier"}
)
"""Only in the environment, where dbt reads them too."""
PROJECT_DIR = Path(__file__).resolve().parents[2]
"""The checkout: rowkeeper is an editable application, its dbt project and profiles.yml are here."""


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sheet(Section):
    """``source``: the published page's URL, a spreadsheet's or a file. ``tab``: gid or title.

    ``columns``: what this sheet calls our columns, such as ``{name = "Who"}``. ``row_id``: the
    columns that a row id is made of, where the sheet has none. ``api_key`` or ``credentials_file``
    read a spreadsheet that is not published. ``max_removed`` and ``max_changed``: the share of the
    people that one load may remove, and whose ids it may give to others; ``lost_columns``: the
    columns of ours that it may lack. The other bounds say how large a sheet is read at all.
    """

    source: str | None = None
    tab: str | None = None
    columns: Titles = {}
    row_id: Names = []
    api_key: SecretStr | None = None
    credentials_file: Path | None = None
    api_endpoint: str | None = None
    max_removed: float = Field(default=0.2, ge=0, le=1)
    max_changed: float = Field(default=0.2, ge=0, le=1)
    lost_columns: Names = []
    max_bytes: int = Field(default=64 << 20, ge=1)
    max_rows: int = Field(default=100_000, ge=1)
    max_columns: int = Field(default=1_000, ge=1)
    max_cells: int = Field(default=2_000_000, ge=1)


class Drive(Section):
    """``api_key`` or ``credentials_file``: by the Drive API; neither: as a visitor."""

    api_key: SecretStr | None = None
    credentials_file: Path | None = None
    api_endpoint: str | None = None


class LegacyCsv(Section):
    """``paths``: files, folders or globs. ``columns``: what the files call our columns.

    ``encoding``: of lines that are not UTF-8. ``max_bytes``: of one file, unpacked.
    ``ignore``: rows that are left out, by file name and, after a colon, row ids.
    ``known_earlier``: what becomes of media that only earlier rows know and no later one denies.

    ``dual_write``: each run also writes the newest generation's CSV, with ``accept_losses`` even if
    that loses cells or rows of the file that it replaces, or of the loaded ones.

    ``dual_write_path`` is legacy/output.csv in the data folder by default; ``dual_write_keep`` of
    its earlier contents stay.
    """

    paths: Names = []
    columns: Texts = {}
    encoding: TextEncoding = "cp1252"
    max_bytes: int = Field(default=256 * 1024**2, gt=0)
    ignore: Names = []
    known_earlier: Literal["list", "fetch"] = "list"
    dual_write: bool = False
    accept_losses: bool = False
    dual_write_path: Path | None = None
    dual_write_keep: int = Field(default=10, ge=0)


class Network(Section):
    """``proxy``: an HTTP proxy for all fetches. ``ca_file``: PEM of the authorities to trust.

    ``private_addresses``: addresses and networks that links may lead to though they are private.
    """

    proxy: str | None = None
    ca_file: Path | None = None
    private_addresses: Networks = []


class YouTube(Section):
    """What yt-dlp is given beyond the usual, such as for PO tokens.

    ``extractor_args`` as its command line has them: ``youtube:player_client=mweb``. ``plugins``:
    {folder: SHA-256 of its files}; their code runs as rowkeeper does.
    """

    extractor_args: ExtractorArgs = []
    plugins: Plugins = {}


class Download(Section):
    """Times in seconds, sizes in bytes; 0 stands for no limit where there is a largest or longest.

    ``attempts``: tries within one run; ``max_attempts``: tries over all runs, ``retry_after_s`` the
    first wait between two of them. ``rates`` (requests a second), ``bursts`` and ``concurrency``
    are by provider, hold for the whole machine, and go before the ``pace`` of its downloader.
    ``hosts``: whom direct links may lead to.
    ``reread_after``: the age at which lists and documents are read again, in seconds or as ``7d``.
    ``document_depth``: through how many documents, one linking to the next, links are followed.
    """

    workers: int = Field(default=8, ge=1, le=64)
    attempts: int = Field(default=3, ge=1, le=10)
    timeout_s: float = Field(default=30.0, gt=0)
    backoff_s: float = Field(default=0.5, ge=0)
    max_attempts: int = Field(default=8, ge=1)
    retry_after_s: float = Field(default=60.0, ge=0)
    pause_s: float = Field(default=900.0, ge=0)
    max_pause_s: float = Field(default=60.0, ge=0)
    max_height: int = Field(default=720, ge=144)
    format: str = ""
    caption_languages: Names = ["en.*"]
    cookies_file: Path | None = None
    max_bytes: int = Field(default=20 << 30, ge=0)
    max_duration_s: float = Field(default=12 * 3600.0, ge=0)
    max_playlist: int = Field(default=1000, ge=0)
    reread_after: Age = 7 * 86_400.0
    min_free_bytes: int = Field(default=1 << 30, ge=0)
    document_depth: int = Field(default=1, ge=0, le=10)
    naming: str = "asset_id"
    sidecar: Literal["full", "no_email", "none"] = "full"
    hosts: Names = []
    rates: Rates = {}
    bursts: Bursts = {}
    concurrency: Concurrency = {}
    pace_dir: Path | None = None
    youtube: YouTube = YouTube()


class Upload(Section):
    """As for downloads. ``keep_local``: files stay here when the store has them."""

    workers: int = Field(default=4, ge=1, le=64)
    attempts: int = Field(default=3, ge=1, le=10)
    backoff_s: float = Field(default=0.5, ge=0)
    keep_local: bool = True


class StoreSettings(Section):
    """``url``: file:///folder, s3://bucket/prefix or gs://bucket/prefix; else a folder in the data.

    ``encryption`` (with ``kms_key_id``) and ``storage_class`` are what each object is kept with.

    Without keys S3 looks where boto3 looks (environment, ~/.aws, instance role). For gs:// it is
    ``credentials_file``, a service account's JSON key, or the machine's own Google credentials.
    ``layout``: a preset or a template of the objects' keys.
    """

    url: str = ""
    layout: str = "asset_id"
    endpoint_url: str | None = None
    region: str | None = None
    access_key_id: str | None = None
    secret_access_key: SecretStr | None = None
    profile: str | None = None
    role_arn: str | None = Field(default=None, pattern=r"^arn:[\w-]+:iam::\d*:role/\S+$")
    addressing_style: Literal["auto", "path", "virtual"] = "auto"
    encryption: Literal["", "AES256", "aws:kms"] = ""
    kms_key_id: str | None = None
    storage_class: str = Field(default="", pattern=r"^[A-Z_]*$")
    credentials_file: Path | None = None


class Disk(Section):
    """``umask``: the rights that files and folders made here lack, in octal, as a shell has it.

    ``folder_id``: which data folder has to be at ``data_dir``. ``new_folder``: one may begin where
    another was. ``state_dir``: where it is remembered which folders were where; else the user's own
    folder for state.
    """

    umask: str = Field(default="077", pattern=r"^0?[0-7]{3}$")
    folder_id: str = ""
    new_folder: bool = False
    state_dir: Path | None = None


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


def load_settings(
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    config_dir: Path | None = None,
) -> Settings:
    """The settings, from ``flags`` (by dotted name; None and () are not given), environment, files.

    ``config_dir`` holds ``config.toml`` and ``secrets.toml``; dlt's own by default. Raises
    ``UsageError`` for an unknown key, naming its near match, and for a value that can't be.
    """
    environ = os.environ if environ is None else environ
    folder = config_dir or Path(environ.get("DLT_PROJECT_DIR", PROJECT_DIR)) / ".dlt"
    found: dict[str, tuple[Any, str]] = {"data_dir": (PROJECT_DIR / "data", "default")}
    found |= _from_file(folder / "config.toml", secrets=False)
    found |= _from_file(folder / "secrets.toml", secrets=True)
    found |= _from_environment(environ)
    for name, value in (flags or {}).items():
        if value not in (None, (), []):
            found[_known(name, "a flag", name)] = (value, f"the flag for {name}")
    return _validated(found)


def _from_file(path: Path, *, secrets: bool) -> dict[str, tuple[Any, str]]:
    """Settings below ``[rowkeeper]`` in a TOML file; nothing without the file."""
    try:
        with path.open("rb") as file:
            table = tomllib.load(file).get("rowkeeper", {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} can't be read: {error}. Mend the file.") from None
    found: dict[str, tuple[Any, str]] = {}
    for section, values in table.items():
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
            found[name] = (value, str(path))
    return found


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
    found: dict[str, tuple[Any, str]] = {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or variable.startswith(FOREIGN_PREFIXES):
            continue
        if variable not in names:
            raise UsageError(_unknown(variable, "the environment", list(names)))
        if value:
            found[names[variable]] = (value, variable)
    return found


def _known(name: str, where: str, shown: str) -> str:
    if name not in keys():
        raise UsageError(_unknown(shown, where, list(keys()), name))
    return name


def _unknown(shown: str, where: str, known: list[str], name: str | None = None) -> str:
    near = get_close_matches(name or shown, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}."
    return f"Unknown setting {shown} in {where}: {hint}"


def _validated(found: Mapping[str, tuple[Any, str]]) -> Settings:
    """The settings of ``{name: (value, where it came from)}``."""
    tree: dict[str, Any] = {}
    for name, (value, _) in found.items():
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
        where = found.get(name, (None, "default"))[1]
        reason = first["msg"].removeprefix("Input ")
        raise UsageError(f"The setting {name} (from {where}) {reason}.") from None
