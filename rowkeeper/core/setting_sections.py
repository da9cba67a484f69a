"""The sections of the settings: each one's keys, types, bounds and defaults."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from rowkeeper.core.setting_types import (
    Age,
    Bursts,
    Concurrency,
    ExtractorArgs,
    Names,
    Networks,
    Plugins,
    Rates,
    Rules,
    SecretWords,
    TextEncoding,
    Texts,
    Titles,
)


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sheet(Section):
    """``source``: the published page's URL, a spreadsheet's or a file. ``tab``: gid or title.

    ``columns``: what this sheet calls our columns, such as ``{name = "Who"}``. ``row_id``: the
    columns that a row id is made of, where the sheet has none. ``api_key`` or ``credentials_file``
    read a spreadsheet that is not published. ``max_removed`` and ``max_changed``: the share of the
    people that one load may remove, and whose ids it may give to others; ``lost_columns``: the
    columns of ours that it may lack. The other bounds say how large a sheet is read at all.
    ``encoding``: of lines of a text file that are not UTF-8.
    """

    source: str | None = None
    tab: str | None = None
    columns: Titles = {}
    row_id: Names = []
    api_key: SecretStr | None = None
    credentials_file: Path | None = None
    api_endpoint: str | None = None
    encoding: TextEncoding = "cp1252"
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
    ignore: Rules = []
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
    first wait between two of them. ``min_speed``: bytes a second, over each ``slow_s``.
    ``longest_pause_s``: the longest pause that a site gets, whatever it asks for. ``rates``
    (requests a second), ``bursts`` and ``concurrency`` are by provider, hold for the whole machine,
    and go before the ``pace`` of its downloader.
    ``hosts``: whom direct links may lead to.
    ``reread_after``: the age at which lists and documents are read again, in seconds or as ``7d``.
    ``document_depth``: through how many documents, one linking to the next, links are followed.
    """

    workers: int = Field(default=8, ge=1, le=64)
    attempts: int = Field(default=3, ge=1, le=10)
    timeout_s: float = Field(default=30.0, gt=0)
    backoff_s: float = Field(default=0.5, ge=0)
    max_attempts: int = Field(default=8, ge=1)
    min_speed: float = Field(default=1024.0, ge=0, allow_inf_nan=False)
    slow_s: float = Field(default=60.0, gt=0)
    retry_after_s: float = Field(default=60.0, ge=0)
    pause_s: float = Field(default=900.0, ge=0)
    max_pause_s: float = Field(default=60.0, ge=0)
    longest_pause_s: float = Field(default=86_400.0, ge=0, le=86_400.0)
    max_height: int = Field(default=720, ge=144)
    format: str = ""
    caption_languages: Names = ["en.*"]
    cookies_file: Path | None = None
    max_bytes: int = Field(default=20 << 30, ge=0)
    max_duration_s: float = Field(default=12 * 3600.0, ge=0)
    max_playlist: int = Field(default=1000, ge=0)
    max_folder: int = Field(default=10_000, ge=0)
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


class Site(Section):
    """``write``: each run that changed something writes the pages. ``emails``: they say e-mail
    addresses whole."""

    write: bool = True
    emails: bool = False


class Monitoring(Section):
    """``metrics_file``: each run writes its metrics there, as Prometheus's node exporter reads.

    ``notify``: addresses of Apprise's that are told what newly needs somebody; they are secrets.
    """

    metrics_file: Path | None = None
    notify: SecretWords = []
