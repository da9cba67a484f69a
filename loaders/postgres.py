"""dlt's Postgres destination, connected as everything else here connects to the server.

dlt renders its credentials as a URL in which a space stays a space, which libpq refuses while
quoting the whole URL, and it sets the search path by a startup parameter, which poolers refuse.
"""

from typing import Any
from urllib.parse import quote, unquote, urlencode

from dlt.common.configuration import configspec
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.schema import Schema
from dlt.destinations import postgres
from dlt.destinations.impl.postgres.configuration import (
    PostgresClientConfiguration,
    PostgresCredentials,
)
from dlt.destinations.impl.postgres.postgres import PostgresClient
from dlt.destinations.impl.postgres.sql_client import Psycopg2SqlClient

from rowkeeper.core.postgres import open_postgres
from rowkeeper.core.profiles import PROFILE, TLS
from rowkeeper.core.warehouse import Target

NO_PASSWORD = "-"  # noqa: S105 - dlt wants one even where the server asks for none


def postgres_url(target: Target) -> str:
    """The URL of a Postgres target; a host that is a folder means the unix socket in it."""
    user, password = quote(target.user or "", safe=""), quote(target.password or NO_PASSWORD, "")
    database = quote(target.dbname or "", safe="")
    # Another encoding of the session would be taken for that of what is loaded, and all misread.
    host, query = target.host or "localhost", {"client_encoding": "UTF8", **dict(target.tls)}
    if host.startswith("/"):
        host, query = "localhost", query | {"host": host}
    said = urlencode(query, quote_via=quote)
    return f"postgresql://{user}:{password}@{host}:{target.port or 5432}/{database}?{said}"


@configspec(init=False)
class LibpqCredentials(PostgresCredentials):
    """Credentials whose ``to_native_representation`` is a URL that libpq reads."""

    @property
    def target(self) -> Target:
        """The server that they lead to."""
        query = self.query or {}
        return Target(
            name=PROFILE,
            type="postgres",
            host=query.get("host") or self.host,
            port=self.port,
            user=self.username,
            password=self.password,
            dbname=unquote(self.database or ""),  # dlt decodes user and password only
            tls=tuple((key, query[key]) for key in TLS if key in query),
        )

    def on_resolved(self) -> None:
        """Nothing: dlt would strip the password, whose spaces belong to it."""

    def to_native_representation(self) -> str:
        return postgres_url(self.target)


@configspec(init=False)
class LibpqConfiguration(PostgresClientConfiguration):
    """dlt's configuration of the destination, with our credentials."""

    credentials: LibpqCredentials = None  # type: ignore[assignment]


class _SqlClient(Psycopg2SqlClient):
    """Opens its connections from the parts of the target and sets the search path by statement."""

    def open_connection(self) -> Any:
        self._conn = open_postgres(self.credentials.target)  # type: ignore[attr-defined]
        self._reset_connection()
        return self._conn

    def _reset_connection(self) -> None:
        super()._reset_connection()
        with self._conn.cursor() as cursor:
            cursor.execute(
                "set timezone to 'UTC'; "
                f"set search_path to {self.fully_qualified_dataset_name()}, public"
            )


class _Client(PostgresClient):
    def __init__(
        self,
        schema: Schema,
        config: PostgresClientConfiguration,
        capabilities: DestinationCapabilitiesContext,
    ) -> None:
        super().__init__(schema, config, capabilities)
        names = self.create_dataset_names(schema, config)
        self.sql_client = _SqlClient(*names, config.credentials, capabilities)


class WarehousePostgres(postgres):
    """dlt's own destination but for how it connects; pipelines know it under the same name."""

    spec = LibpqConfiguration

    @property
    def destination_type(self) -> str:
        return "dlt.destinations.postgres"

    @property
    def client_class(self) -> type[PostgresClient]:
        return _Client
