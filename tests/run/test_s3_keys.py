"""Keys that a store does not take, asked of one that checks each signature: S3's own refusals."""

import hashlib
import hmac
import re
from urllib.parse import urlsplit

import pytest

from rowkeeper.cli import run_command
from rowkeeper.core.warehouse import Target, connect
from tests.fakes.internet import FakeInternet
from tests.fakes.s3 import SECRET, FaultyS3, archive_in

BUCKET = "an-archive-that-checks"
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[^/]+/(\d+/[^/]+/s3/aws4_request), ?"
    r"SignedHeaders=([^,]+), ?Signature=(\w+)"
)


class CheckingS3(FaultyS3):
    """One that refuses what is not signed with ``SECRET``, and all tokens once ``is_expired``."""

    is_expired = False

    def fault_for(self, request: str, headers: dict[str, str]) -> str | None:
        if fault := super().fault_for(request, headers):
            return fault
        method, path = request.split(" ", 1)
        if not _is_signed(method, path, headers):
            return "403 SignatureDoesNotMatch"
        return "400 ExpiredToken" if self.is_expired else None


def _is_signed(method: str, path: str, headers: dict[str, str]) -> bool:
    given = AUTHORIZATION.match(headers.get("authorization", ""))
    if not given:
        return False
    scope, names, signature = given.groups()
    address = urlsplit(path)
    query = sorted(part if "=" in part else f"{part}=" for part in address.query.split("&") if part)
    lines = [f"{name}:{' '.join(headers.get(name, '').split())}" for name in names.split(";")]
    body = headers["x-amz-content-sha256"]
    asked = "\n".join([method, address.path, "&".join(query), *lines, "", names, body])
    digest = hashlib.sha256(asked.encode()).hexdigest()
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    said = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, digest])
    return hmac.digest(key, said.encode(), "sha256").hex() == signature


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
@pytest.mark.parametrize("kind", ["SignatureDoesNotMatch", "ExpiredToken"])
def test_a_key_that_a_store_does_not_take_costs_nothing(
    engine: Target,
    internet: FakeInternet,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
) -> None:
    bucket = f"{BUCKET}-{kind.lower()}"
    archive_in(monkeypatch, f"s3://{bucket}/team").create_bucket(Bucket=bucket)
    with CheckingS3() as store:
        store.is_expired = kind == "ExpiredToken"
        monkeypatch.setenv("ROWKEEPER_STORE_ENDPOINT_URL", store.url)
        if not store.is_expired:
            monkeypatch.setenv("ROWKEEPER_STORE_SECRET_ACCESS_KEY", "another")
        assert run_command(["run"]) == 5
        (said,) = capsys.readouterr().err.splitlines()
        assert f"({kind}): check store.access_key_id and store.secret_access_key" in said
        assert len(store.requests) == 1  # it is not asked again for each file
        fetched = len(internet.requests)

        store.is_expired = False
        monkeypatch.setenv("ROWKEEPER_STORE_SECRET_ACCESS_KEY", SECRET)
        assert run_command(["run"]) == 0, capsys.readouterr().err
    assert len(internet.requests) == fetched + 1  # the sheet alone
    with connect(engine) as warehouse:
        (left,) = warehouse.column("select count(*) from main.pending_uploads")
        states = warehouse.column("select download_status from main.assets")
    assert left == 0
    assert states.count("uploaded") > 10
