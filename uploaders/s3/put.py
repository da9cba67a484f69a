"""One signed PUT a body, with nothing around it."""

import socket
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import ClientError, NoCredentialsError
from botocore.httpsession import URLLib3Session
from botocore.parsers import create_parser
from botocore.utils import get_environ_proxies

from uploaders.s3.client import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, Connection
from uploaders.s3.digest import base64_digest
from uploaders.s3.errors import is_unknown_header

MOST_WORKERS = 64
UNDELAYED = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
"""Or a body of a few packets waits until the store has confirmed its headers: 40 ms a file."""


class Sender:
    """Puts bodies into one bucket, each held by the store to the SHA-256 that is sent along.

    botocore signs and sends; what its client does beside that costs more than the sending itself.
    ``sends_checksums`` ends with the first body that the store takes only without them: then what
    it keeps has to be read back.
    """

    def __init__(self, connection: Connection, bucket: str) -> None:
        self._connection, self._bucket = connection, bucket
        self.sends_checksums = True
        given: dict[str, Any] = {
            "verify": connection.verify,
            "proxies": get_environ_proxies(connection.client.meta.endpoint_url),
            "timeout": (CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
            "max_pool_connections": MOST_WORKERS,
            "socket_options": [UNDELAYED],
        }
        self._session = URLLib3Session(**given)

    def put(
        self,
        name: str,
        body: bytes,
        sha256: bytes,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Mapping[str, str]:
        """The headers of the store's answer, an ETag among them.

        Raises botocore's errors, ``ClientError`` too, and ``KeyError`` for an answer without one.
        """
        url = self._base + quote(name, safe="/~")
        if query:
            url += "?" + urlencode(query, quote_via=quote, safe="~")
        given = dict(headers or {})
        if not self.sends_checksums:
            return self._send(url, given, body, sha256)
        try:
            return self._send(url, given | _checksums(sha256), body, sha256)
        except ClientError as error:
            if not is_unknown_header(error):
                raise
            answer = self._send(url, given, body, sha256)
            self.sends_checksums = False
            return answer

    def _send(
        self, url: str, headers: dict[str, str], body: bytes, sha256: bytes
    ) -> Mapping[str, str]:
        request = AWSRequest("PUT", url, headers, body)
        request.context["sha256"] = sha256.hex()
        credentials = self._connection.credentials
        if credentials is None:
            raise NoCredentialsError
        region = self._connection.client.meta.region_name
        _Signer(credentials.get_frozen_credentials(), "s3", region).add_auth(request)
        answer = self._session.send(request.prepare())
        if answer.status_code // 100 != 2:
            raise ClientError(_parsed(answer), "PutObject")
        if "ETag" not in answer.headers:  # somebody else's page, or an error that came with 200
            raise KeyError("ETag")
        return answer.headers

    @cached_property
    def _base(self) -> str:
        """The URL of the bucket, ending in a slash: the client knows its host and style."""
        asked = {"Bucket": self._bucket, "Key": "k"}
        url = self._connection.client.generate_presigned_url("put_object", Params=asked)
        return url.partition("?")[0].removesuffix("k")


def _checksums(sha256: bytes) -> dict[str, str]:
    return {
        "x-amz-checksum-sha256": base64_digest(sha256),
        "x-amz-sdk-checksum-algorithm": "SHA256",  # or some look at none
    }


def _parsed(answer: AWSResponse) -> Any:
    """A refusal as botocore has it."""
    parts = {
        "status_code": answer.status_code,
        "headers": answer.headers,
        "body": answer.content,
    }
    parser: Any = create_parser("rest-xml")
    return parser.parse(parts, None)


class _Signer(S3SigV4Auth):
    """Signs for a body whose SHA-256 is known."""

    def payload(self, request: AWSRequest) -> str:
        return str(request.context["sha256"])
