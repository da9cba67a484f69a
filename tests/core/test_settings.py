"""Settings: one order, and no key that silently means nothing."""

import re
from pathlib import Path

import pytest

from rowkeeper.core.errors import UsageError
from rowkeeper.core.settings import PROJECT_DIR, keys, load_settings


def write(folder: Path, config: str = "", secrets: str = "") -> Path:
    (folder / "config.toml").write_text(config, "utf-8")
    (folder / "secrets.toml").write_text(secrets, "utf-8")
    return folder


def test_flag_before_environment_before_secrets_before_config_before_default(
    tmp_path: Path,
) -> None:
    config = "[rowkeeper.upload]\nworkers = 2\n"
    secrets = "[rowkeeper.upload]\nworkers = 3\n"
    environ = {"ROWKEEPER_UPLOAD_WORKERS": "5"}
    flags = {"upload.workers": 6}
    assert load_settings({}, {}, write(tmp_path)).upload.workers == 4
    assert load_settings({}, {}, write(tmp_path, config)).upload.workers == 2
    assert load_settings({}, {}, write(tmp_path, config, secrets)).upload.workers == 3
    assert load_settings({}, environ, tmp_path).upload.workers == 5
    assert load_settings(flags, environ, tmp_path).upload.workers == 6


def test_what_is_not_given_overrides_nothing(tmp_path: Path) -> None:
    flags = {"sheet.source": None, "legacy_csv.paths": ()}
    environ = {"ROWKEEPER_SHEET_SOURCE": "s", "ROWKEEPER_LEGACY_CSV_PATHS": "a, b", "HOME": "x"}
    settings = load_settings(flags, {**environ, "ROWKEEPER_SHEET_TAB": ""}, tmp_path)
    assert (settings.sheet.source, settings.sheet.tab) == ("s", None)
    assert settings.legacy_csv.paths == ["a", "b"]


def test_the_defaults_stand_in_the_checkout(tmp_path: Path) -> None:
    settings = load_settings({}, {}, tmp_path)
    assert settings.data_dir == PROJECT_DIR / "data"
    assert settings.store.url == (PROJECT_DIR / "data" / "archive").as_uri()


@pytest.mark.parametrize(
    ("config", "environ", "said"),
    [
        ("[rowkeeper.shet]\nsource = 'x'", {}, r"shet\] source .*did you mean sheet.source"),
        ("[rowkeeper.sheet]\nsorce = 'x'", {}, r"did you mean sheet.source"),
        ("[rowkeeper]\ndata_dir = 'x'", {}, r"data_dir can't be set here.*--data-dir"),
        ("[rowkeeper]\nsheet = 'x'", {}, r"Unknown setting sheet"),
        ("[rowkeeper.store]\nsecret_access_key = 'geheim'", {}, r"move it to secrets.toml"),
        ("no toml", {}, r"config.toml can't be read"),
        ("", {"ROWKEEPER_SHEET_SOURSE": "x"}, r"did you mean ROWKEEPER_SHEET_SOURCE"),
        ("", {"ROWKEEPER_UPLOAD_WORKERS": "0"}, r"upload.workers \(from ROWKEEPER_UPLOAD_WORKERS"),
        ("", {"ROWKEEPER_DOWNLOAD_TIMEOUT_S": "soon"}, r"download.timeout_s"),
        ("[rowkeeper.download]\ndocument_depth = 2", {}, r"ROWKEEPER_DOWNLOAD_DOCUMENT_DEPTH"),
        ("[rowkeeper.legacy_csv]\npaths = 3", {}, r"legacy_csv.paths \(from .*config.toml\)"),
    ],
)
def test_a_wrong_setting_is_one_sentence_with_its_remedy(
    tmp_path: Path, config: str, environ: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        load_settings({}, environ, write(tmp_path, config))
    assert "\n" not in str(raised.value)
    assert "geheim" not in str(raised.value)


def test_an_unknown_flag_is_named() -> None:
    with pytest.raises(UsageError, match=r"did you mean sheet\.source"):
        load_settings({"sheet.sorce": "x"}, {})


def test_variables_of_the_profile_and_of_dlt_are_not_ours(tmp_path: Path) -> None:
    environ = {"ROWKEEPER_PG_HOST": "x", "ROWKEEPER__DESTINATION__DUCKDB__CREDENTIALS": "y"}
    load_settings({}, environ, tmp_path)


def test_a_secret_does_not_show(tmp_path: Path) -> None:
    settings = load_settings({"store.secret_access_key": "geheim"}, {}, tmp_path)
    assert "geheim" not in repr(settings)
    assert settings.store.secret_access_key is not None
    assert settings.store.secret_access_key.get_secret_value() == "geheim"


def test_every_variable_is_unique() -> None:
    assert len(set(keys().values())) == len(keys())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7d", 7 * 86_400),
        ("12h", 43_200),
        ("30m", 1_800),
        ("90s", 90),
        ("1.5 d", 129_600),
        ("3600", 3_600),
        ("0", 0),
        ("3650d", 3_650 * 86_400),
        ("a week", None),
        ("7w", None),
        ("-1d", None),
        ("3651d", None),
        ("", 7 * 86_400),
    ],
)
def test_the_age_at_which_something_is_read_again(text: str, seconds: float | None) -> None:
    given = {"ROWKEEPER_DOWNLOAD_REREAD_AFTER": text}
    if seconds is None:
        with pytest.raises(UsageError, match=r"download\.reread_after"):
            load_settings({}, given)
    else:
        assert load_settings({}, given).download.reread_after == seconds


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("ROWKEEPER__SHEET__SOURCE", "set ROWKEEPER_SHEET_SOURCE."),
        ("ROWKEEPER__DATA_DIR", "set ROWKEEPER_DATA_DIR."),
        ("ROWKEEPER__SHEET__SORCE", "did you mean ROWKEEPER_SHEET_SOURCE?"),
    ],
)
def test_dlts_spelling_is_refused_and_never_ignored(variable: str, said: str) -> None:
    with pytest.raises(UsageError, match=rf"{variable}.*{re.escape(said)}"):
        load_settings({}, {variable: "x"})
    load_settings({}, {variable: "", "ROWKEEPER__DESTINATION__DUCKDB__CREDENTIALS": "x"})
