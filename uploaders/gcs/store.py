"""Google Cloud Storage through its JSON API."""

import base64
import re
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import requests

from rowkeeper.core.errors import (
    NeedsPersonError,
    RetryLaterError,
    StoreError,
    TransferError,
    UsageError,
)
from rowkeeper.core.fixity import Content, content_of
from uploaders.base import CHUNK, OWN, Store
from uploaders.faults import (
    changed_source,
    corrupt_object,
    keeps_all,
    missing_object,
)
from uploaders.gcs.body import Related, empty, local_md5, of_file
from uploaders.gcs.client import connect, endpoint_of
from uploaders.gcs.errors import GONE, faults, refusal
from uploaders.gcs.links import plain_link, signed_link
from uploaders.gcs.writer import GcsWriter
from uploaders.links import Shown
from uploaders.values import PROBE, Entry, Facts, Held, Stored, UploadRequest
from uploaders.writer import Writer

if TYPE_CHECKING:
    from hashlib import _Hash

    from rowkeeper.core.settings import Settings

TIMEOUT_S = (10, 60)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_TAKEN, _BEYOND = 412, 416


class GcsStore(Store):
    """Objects below a prefix of one bucket.

    A file goes in one request, whatever its size, so no half upload can stay. The store's MD5 of
    an object counts only beside a local file that has the SHA-256; else the object is read back.
    """

    kind = "gcs"

    def __init__(
        self,
        session: requests.Session,
        endpoint: str,
        bucket: str,
        prefix: str = "",
        *,
        storage_class: str = "",
        kms_key_id: str | None = None,
    ) -> None:
        self.session, self.endpoint, self.bucket = session, endpoint, bucket
        self.prefix = prefix.strip("/")
        self.root = "/".join(filter(None, (f"gs://{bucket}", self.prefix)))
        self.kept = {"storageClass": storage_class} if storage_class else {}
        self._kms_key_id, self._deletes = kms_key_id, True
        self._objects = f"{endpoint}/storage/v1/b/{bucket}/o"

    @classmethod
    def from_settings(cls, settings: "Settings") -> Self:
        """The store of ``gs://bucket/prefix``; raises ``UsageError`` for settings that can't be."""
        bucket, _, prefix = settings.store.url.partition("://")[2].partition("/")
        if not _BUCKET.fullmatch(bucket):
            raise UsageError("store.url names no bucket: write gs://bucket or gs://bucket/prefix.")
        store = settings.store
        return cls(
            connect(settings),
            endpoint_of(settings),
            bucket,
            prefix,
            storage_class=store.storage_class,
            kms_key_id=store.kms_key_id,
        )

    def probe(self) -> None:
        """Makes an empty object, reads it and deletes it: no right to ask for the bucket needed."""
        name = self.name(PROBE)
        with faults(self.root):
            self._probe_making(name)
            with suppress(NeedsPersonError):  # another run's probe has removed it
                deque(self.read(PROBE), maxlen=0)
            try:
                self._remove(name, None)
            except StoreError:
                self._deletes = False
            else:
                self._deletes = True

    def _probe_making(self, name: str) -> None:
        try:
            self.make(empty(name, self.kept))
        except RetryLaterError as error:
            if error.code != "gcs_400" or not (self.kept or self._kms_key_id):
                raise
            raise StoreError(
                f"The store {self.root} takes no object ({error}): see whether it knows what "
                "store.storage_class and store.kms_key_id ask for."
            ) from None

    @property
    def notice(self) -> str | None:
        return None if self._deletes else keeps_all(self.root)

    def held(self, request: UploadRequest, key: str) -> Held:
        """By size first, then by MD5 beside the local file, else by reading back and hashing."""
        with faults(self.root):
            facts = self.facts(key)
            if facts is None:
                return Held.NOTHING
            return Held.SAME if self._verified(request, key, facts) else Held.OTHER

    def create(self, request: UploadRequest, key: str) -> bool:
        """In one request under the condition that nothing is there; then as :meth:`held`."""
        made = self.make(of_file(self.name(key), request, self.kept))
        if made:
            self.hold(key, made, lambda: self._sent(request, key, made))
        return bool(made)

    def writer(
        self, key: str, mime_type: str | None = None, digest: "_Hash | None" = None
    ) -> Writer:
        """In one request, whose length is not known at its start."""
        return GcsWriter(self, key, mime_type, digest)

    def hold(self, key: str, made: dict[str, Any], same: Callable[[], bool]) -> None:
        """Remove the object that was ``made``, and raise, unless it has the ``same`` bytes."""
        try:
            with faults(self.root):
                if not same():
                    raise corrupt_object("the store's bytes do not have the download's SHA-256")
        except (NeedsPersonError, RetryLaterError):
            with suppress(TransferError, StoreError, requests.RequestException):
                self._remove(self.name(key), made["generation"])
            raise

    def stored(self, key: str, *, existed: bool) -> Stored:
        """The object's ``gs://`` URL, its key not escaped."""
        name = self.name(key)
        url = f"gs://{self.bucket}/{name}"
        return Stored(bucket=self.bucket, object_key=name, cloud_url=url, existed=existed)

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """Page by page, as the store hands them out."""
        below = self.name("")
        asked = {"prefix": below + prefix, "fields": "nextPageToken,items(name,size)"}
        while True:
            with faults(self.root):
                page = self._ask("GET", self._objects, params=asked).json()
            for item in page.get("items", []):
                if (key := item["name"].removeprefix(below)) not in OWN:
                    yield Entry(key, int(item["size"]))
            if not (following := page.get("nextPageToken")):
                return
            if following == asked.get("pageToken"):
                raise RetryLaterError("store_transport", "the store's list leads back to itself")
            asked["pageToken"] = following

    def read(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """In one request; a range is asked for as a range."""
        if length == 0:
            return
        headers = {"Accept-Encoding": "identity"}
        if start or length is not None:
            headers["Range"] = f"bytes={start}-{'' if length is None else start + length - 1}"
        with faults(self.root):
            answer = self._ask(
                "GET",
                self._url(self.name(key)),
                params={"alt": "media"},
                headers=headers,
                stream=True,
                allowed=(GONE, _BEYOND),
            )
            with closing(answer):
                if answer.status_code == GONE:
                    raise missing_object()
                if answer.status_code != _BEYOND:
                    yield from answer.iter_content(CHUNK)

    def describe(self, key: str) -> Facts | None:
        """By the object's metadata; one that was composed has no MD5."""
        facts = self.facts(key)
        if facts is None:
            return None
        md5 = base64.b64decode(facts.get("md5Hash", "")).hex()
        return Facts(int(facts["size"]), facts.get("contentType"), md5=md5 or None)

    def copy(self, key: str, target: str) -> bool:
        """In as many requests as the store wants for it, under the condition of :meth:`create`."""
        if self.facts(target) is not None:
            return False
        url = f"{self._url(self.name(key))}/rewriteTo/b/{self.bucket}/o/"
        url += quote(self.name(target), safe="")
        asked = {"ifGenerationMatch": "0"}
        if self._kms_key_id:
            asked["destinationKmsKeyName"] = self._kms_key_id
        metadata = None
        if self.kept:  # what is told takes the place of all that the source has
            facts = self.facts(key) or {}
            metadata = {name: facts[name] for name in ("contentType", "metadata") if name in facts}
            metadata |= self.kept
        with faults(self.root):
            while True:
                answer = self._ask("POST", url, params=asked, json=metadata, allowed=(GONE, _TAKEN))
                if answer.status_code == GONE:
                    raise missing_object()
                if answer.status_code == _TAKEN:
                    return False
                if answer.json().get("done", True):
                    return True
                asked["rewriteToken"] = answer.json()["rewriteToken"]

    def remove(self, key: str) -> None:
        """In a bucket with versions the older ones stay."""
        with faults(self.root):
            self._remove(self.name(key), None)

    def link(self, key: str, lifetime_s: int | None, shown: Shown) -> str:
        """Signed by the account's key, where the credentials have one."""
        address = plain_link(str(self.endpoint), self.bucket, self.name(key))
        if lifetime_s is None:
            return address
        with faults(self.root):
            account = getattr(self.session, "credentials", None)
            return signed_link(address, account, lifetime_s, shown)

    def facts(self, key: str) -> dict[str, Any] | None:
        """What the store says of an object; None if there is none."""
        with faults(self.root):
            answer = self._ask("GET", self._url(self.name(key)), allowed=(GONE,))
            return None if answer.status_code == GONE else dict(answer.json())

    def make(self, body: Related) -> dict[str, Any]:
        """The facts of the new object; none if there was one."""
        key = {"kmsKeyName": self._kms_key_id} if self._kms_key_id else {}
        with faults(self.root):
            answer = self._ask(
                "POST",
                f"{self.endpoint}/upload/storage/v1/b/{self.bucket}/o",
                params={"uploadType": "multipart", "ifGenerationMatch": "0", **key},
                headers={"Content-Type": body.content_type},
                data=body,
                allowed=(_TAKEN,),
            )
            return {} if answer.status_code == _TAKEN else dict(answer.json())

    def _remove(self, name: str, generation: str | None) -> None:
        asked = {"generation": generation} if generation else {}
        self._ask("DELETE", self._url(name), params=asked, allowed=(GONE,))

    def _sent(self, request: UploadRequest, key: str, made: dict[str, Any]) -> bool:
        """As :meth:`_verified`, of a file that may have been changed meanwhile."""
        if self._verified(request, key, made):
            return True
        if local_md5(request) is None:
            raise changed_source()
        return False

    def _verified(self, request: UploadRequest, key: str, facts: dict[str, Any]) -> bool:
        if int(facts["size"]) != request.size_bytes:
            return False
        md5 = local_md5(request) if "md5Hash" in facts else None
        if md5:
            return bool(facts["md5Hash"] == md5)
        return content_of(self.read(key)) == Content(request.sha256, request.size_bytes)

    def _ask(
        self, method: str, url: str, *, allowed: tuple[int, ...] = (), **more: Any
    ) -> requests.Response:
        answer = self.session.request(method, url, timeout=TIMEOUT_S, allow_redirects=False, **more)
        status = answer.status_code
        if status // 100 == 2 or status in allowed:
            return answer
        raise refusal(status, self.root)

    def name(self, key: str) -> str:
        """The object's whole name."""
        return f"{self.prefix}/{key}" if self.prefix else key

    def _url(self, name: str) -> str:
        return f"{self._objects}/{quote(name, safe='')}"
