"""``profiles.yml``: which warehouse a target is, read as dbt reads it."""

import os
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from rowkeeper.core.errors import UsageError
from rowkeeper.core.project import project_folder
from rowkeeper.core.settings import PROJECT_DIR
from rowkeeper.core.warehouse import Target

PROFILE = "rowkeeper"
TLS = ("sslmode", "sslcert", "sslkey", "sslrootcert")
"""What a profile may say of TLS, as libpq calls it."""
_OTHER_NAMES = {"pass": "password", "database": "dbname"}
"""What dbt takes for the same."""
OWN_SCHEMAS = ("staging", "intermediate", "checks")
"""What dbt_project.yml calls the schemas beside that of the marts."""
OF_DUCKDB = ("main", "temp", "system")
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,40}")


def profiles_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of ``profiles.yml``, as dbt would find it."""
    return Path(environ.get("DBT_PROFILES_DIR") or PROJECT_DIR)


def load_target(name: str | None = None, environ: Mapping[str, str] | None = None) -> Target:
    """The target ``name`` of ``profiles.yml``, or its default one. Raises ``UsageError``.

    ``env_var`` and ``as_number`` mean what they mean in dbt, so both read the same place.
    """
    environ = environ or os.environ
    if "ROWKEEPER_DATA_DIR" not in environ:
        environ = {**environ, "ROWKEEPER_DATA_DIR": str(project_folder(environ) / "data")}
    path = profiles_dir(environ) / "profiles.yml"
    profile = _read_profile(path)
    render = partial(_render, environ=environ, path=path)
    name = name or render(profile.get("target", "dev"))
    outputs = profile.get("outputs") or {}
    if name not in outputs:
        known = ", ".join(outputs)
        raise UsageError(f"{path} has no target {name}: choose one of {known}.")
    output = {_OTHER_NAMES.get(key, key): render(value) for key, value in outputs[name].items()}
    if output.get("type") == "duckdb":
        return _duckdb(name, Path(output["path"]), output.get("schema", "main"), path)
    if output.get("type") != "postgres":
        raise UsageError(f"{path}: target {name} is neither duckdb nor postgres; change its type.")
    if output.get("role"):
        raise UsageError(
            f"{path}: target {name} has a role, which dbt alone would take. Take it away, and let "
            f"the server give it: «alter role {output.get('user')} set role = {output['role']}»."
        )
    wanted = ("host", "user", "password", "dbname")
    return Target(
        name=name,
        type="postgres",
        port=_port(output.get("port", 5432), path),
        schema=_schema(str(output.get("schema", "public")), path),
        tls=tuple((key, str(output[key])) for key in TLS if output.get(key)),
        **{key: str(output.get(key, "")) for key in wanted},
    )


def _read_profile(path: Path) -> dict[str, Any]:
    import yaml

    try:
        profile = yaml.safe_load(path.read_text("utf-8"))[PROFILE]
        return dict(profile)
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        reason = str(error).replace("\n", " ")
        raise UsageError(f"{path} has no readable profile {PROFILE} ({reason}): mend it.") from None


def _render(value: Any, *, environ: Mapping[str, str], path: Path) -> Any:
    """A value of the profile with its Jinja rendered, as text."""
    if not isinstance(value, str):
        return value
    from jinja2 import TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    def env_var(key: str, default: str | None = None) -> str:
        if (text := environ.get(key, default)) is None:
            raise UsageError(f"{path} wants the environment variable {key}: set it.")
        return text

    jinja = SandboxedEnvironment()
    jinja.filters.update(as_number=str, as_text=str, as_bool=str)
    try:
        return jinja.from_string(value).render(env_var=env_var)
    except TemplateError as error:
        raise UsageError(f"{path} can't be rendered ({error}): mend it.") from None


def _duckdb(name: str, file: Path, schema: str, path: Path) -> Target:
    """DuckDB calls a database after its file, and a name of both could mean either."""
    target = Target(name=name, type="duckdb", path=str(file.expanduser().absolute()), schema=schema)
    taken = {"raw", schema, *map(target.own_schema, OWN_SCHEMAS), *OF_DUCKDB}
    if file.stem.lower() in taken:
        raise UsageError(
            f"{path}: {file.name} would be called as a schema in it is; name it otherwise, as "
            "rowkeeper.duckdb."
        )
    return target


def _schema(name: str, path: Path) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{path}: the schema {name!r} needs quotes in SQL; choose one of small letters, digits "
            "and underscores."
        )
    return name


def _port(value: Any, path: Path) -> int:
    try:
        return int(value)
    except ValueError:
        raise UsageError(f"{path}: the port {value!r} is no number; mend it.") from None
