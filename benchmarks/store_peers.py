"""What else sends the same files to S3, with nothing of rowkeeper: ``store_peers.py PLAN WAY``.

``boto3`` is its own ``upload_file`` in threads. ``bare`` is the floor of what Python can do: signed
requests over one connection a thread, each held to a SHA-256 that is known, and a synced line for
each; no second try, no errors told, no progress, no proxy.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from http.client import HTTPConnection
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

REGION = "us-east-1"


def main() -> None:
    plan, way = json.loads(Path(sys.argv[1]).read_text()), sys.argv[2]
    files = sorted(Path(plan["folder"]).iterdir())
    settings = plan["settings"]
    if way == "boto3":
        plain_boto3(settings["store"], settings["upload"]["workers"], files)
    else:
        Bare(settings["store"], plan["sha256"]).send(settings["upload"]["workers"], files)


def plain_boto3(store: dict[str, Any], workers: int, files: list[Path]) -> None:
    import boto3
    from botocore.config import Config

    bucket, _, prefix = store["url"].removeprefix("s3://").partition("/")
    client = boto3.client(
        "s3",
        endpoint_url=store["endpoint_url"],
        aws_access_key_id=store["access_key_id"],
        aws_secret_access_key=store["secret_access_key"],
        region_name=REGION,
        config=Config(max_pool_connections=max(10, workers)),
    )

    def send(path: Path) -> None:
        client.upload_file(str(path), bucket, f"{prefix}/{path.name}")

    with ThreadPoolExecutor(workers) as executor:
        list(executor.map(send, files))


class Bare:
    """The floor. ``hashes``: the SHA-256 of each file by its name."""

    def __init__(self, store: dict[str, Any], hashes: dict[str, str]) -> None:
        self._key, self._secret = store["access_key_id"], store["secret_access_key"]
        self._host = urlsplit(store["endpoint_url"]).netloc
        self._base = "/" + store["url"].removeprefix("s3://")
        self._hashes, self._lock = hashes, threading.Lock()
        self._told = Path("events.jsonl").open("ab", buffering=0)  # noqa: SIM115 - until the end

    def send(self, workers: int, files: list[Path]) -> None:
        waiting: SimpleQueue[Path] = SimpleQueue()
        for path in files:
            waiting.put(path)
        threads = [threading.Thread(target=self._work, args=(waiting,)) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self, waiting: "SimpleQueue[Path]") -> None:
        connection = HTTPConnection(self._host, timeout=60)
        while True:
            try:
                path = waiting.get_nowait()
            except Empty:
                return
            body, target = path.read_bytes(), f"{self._base}/{path.name}"
            connection.request("PUT", target, body, self._signed(target, self._hashes[path.name]))
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                os._exit(1)
            line = json.dumps({"key": target, "sha256": self._hashes[path.name]}).encode()
            with self._lock:
                self._told.write(line + b"\n")
                os.fsync(self._told.fileno())

    def _signed(self, target: str, sha256: str) -> dict[str, str]:
        moment = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        headers = {
            "host": self._host,
            "if-none-match": "*",
            "x-amz-checksum-sha256": base64.b64encode(bytes.fromhex(sha256)).decode(),
            "x-amz-content-sha256": sha256,
            "x-amz-date": moment,
        }
        names = ";".join(headers)
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        canonical = f"PUT\n{target}\n\n{lines}\n{names}\n{sha256}"
        scope = f"{moment[:8]}/{REGION}/s3/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        signature = hmac.digest(
            signing_key(self._secret, moment[:8]),
            f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}".encode(),
            "sha256",
        ).hex()
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self._key}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        return headers


@cache
def signing_key(secret: str, day: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, REGION, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


if __name__ == "__main__":
    main()
