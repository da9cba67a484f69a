"""The policies of docs/store-policies.md: all that a store does is allowed, and no more."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests

from rowkeeper.core.errors import NeedsPersonError
from rowkeeper.core.settings import PROJECT_DIR
from tests.fakes.gcs import gcs_store
from tests.fakes.s3 import FaultyS3, client_for, open_uploads, s3_store, shared_ministack
from tests.helpers.stores import request_of
from uploaders.base import Store
from uploaders.s3.store import S3Store

PAGE = (PROJECT_DIR / "docs" / "store-policies.md").read_text("utf-8")
WRITE, READ, ROLE = (json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
CONDITION = re.findall(r"```\n(resource\.name.*?)```", PAGE, re.DOTALL)[0]
PREFIX = "team/archive"


@dataclass(frozen=True)
class Act:
    """What a request wants to do to what; ``prefix`` is that of a listing."""

    action: str
    resource: str
    prefix: str | None = field(default=None)


def own(policy: dict[str, Any], bucket: str) -> list[dict[str, Any]]:
    """The statements of a policy, for this bucket and our prefix."""
    text = json.dumps(policy).replace("our-archive", bucket).replace("people/", f"{PREFIX}/")
    return list(json.loads(text)["Statement"])


def actions_of(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else actions


def allows(statements: list[dict[str, Any]], act: Act) -> bool:
    """As IAM: what no statement allows is denied."""
    for statement in statements:
        wanted = statement.get("Condition", {}).get("StringLike", {}).get("s3:prefix")
        assert set(statement) <= {"Sid", "Effect", "Action", "Resource", "Condition"}
        assert statement["Effect"] == "Allow"
        if (
            act.action in actions_of(statement)
            and fnmatchcase(act.resource, statement["Resource"])
            and (wanted is None or (act.prefix is not None and fnmatchcase(act.prefix, wanted)))
        ):
            return True
    return False


def s3_acts(line: str, headers: dict[str, str]) -> Iterator[Act]:
    """What IAM asks of a request to S3."""
    method, _, target = line.partition(" ")
    parts = urlsplit(target)
    bucket, _, key = unquote(parts.path).strip("/").partition("/")
    query = parse_qs(parts.query, keep_blank_values=True)
    whole, one = f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/{key}"
    if not key:
        name = "ListBucketMultipartUploads" if "uploads" in query else "ListBucket"
        yield Act(f"s3:{name}", whole, query.get("prefix", [None])[0])
    elif method in {"GET", "HEAD"}:
        yield Act("s3:GetObject", one)
        yield Act("s3:ListBucket", whole, key)  # so that what is missing is a 404
    elif method == "DELETE":
        yield Act(f"s3:{'AbortMultipartUpload' if 'uploadId' in query else 'DeleteObject'}", one)
    else:
        assert method in {"PUT", "POST"}
        yield Act("s3:PutObject", one)
        if source := headers.get("x-amz-copy-source"):
            yield Act("s3:GetObject", f"arn:aws:s3:::{unquote(source).lstrip('/')}")


def read_all(store: Store) -> None:
    """What restore, export bag and url do."""
    assert [entry.key for entry in store.entries("k/")]
    assert b"".join(store.read("k/small", 1, 2)) == b"od"
    assert b"".join(store.read("k/small")) == b"body"
    with pytest.raises(NeedsPersonError):
        b"".join(store.read("k/missing"))


def do_all(store: Store, folder: Path) -> None:
    """What the conformance suite does, each operation once."""
    store.check()
    request = request_of(folder, b"body")
    for _ in range(2):
        store.put(request, "k/small")
    assert store.copy("k/small", "k/copied")
    assert not store.copy("k/small", "k/copied")
    store.remove("k/copied")
    other = replace(request_of(folder, b"boby", name="other"), replaces_lost=True)
    store.put(other, "k/small")
    store.remove("k/small")
    store.put(replace(request, replaces_lost=True), "k/small")
    read_all(store)


@pytest.fixture
def proxy() -> Iterator[FaultyS3]:
    with FaultyS3() as s3:
        yield s3


def acts_of(proxy: FaultyS3, act: Callable[[], object]) -> set[Act]:
    """What ``act`` asks of S3; no request has an ACL."""
    proxy.reset()
    act()
    for line, headers in zip(proxy.requests, proxy.headers, strict=True):
        assert not [name for name in headers if name.startswith(("x-amz-acl", "x-amz-grant"))]
        assert "acl" not in parse_qs(urlsplit(line.partition(" ")[2]).query, keep_blank_values=True)
    return {
        s3_act
        for line, headers in zip(proxy.requests, proxy.headers, strict=True)
        for s3_act in s3_acts(line, headers)
    }


def in_parts(store: S3Store, folder: Path) -> None:
    """A file in parts, one that changes on the way, and what a killed run left."""
    parts = S3Store(
        store.connection, store.bucket, PREFIX, multipart_threshold=1, part_size=5 << 20
    )
    direct = client_for(shared_ministack().url)
    direct.create_multipart_upload(Bucket=store.bucket, Key=f"{PREFIX}/k/large")
    request = request_of(folder, b"x" * ((5 << 20) + 1), name="large")
    parts.put(request, "k/large")
    parts.copy_limit = 1
    assert parts.copy("k/large", "k/large copy")
    request.path.write_bytes(b"y" * request.size_bytes)
    with pytest.raises(NeedsPersonError):
        parts.create(request, "k/changed")
    assert not open_uploads(direct, store.bucket)


def test_the_s3_policy_allows_all_that_is_done_and_nothing_else(
    proxy: FaultyS3, tmp_path: Path
) -> None:
    store = s3_store(proxy.url, PREFIX)
    done = acts_of(proxy, lambda: do_all(store, tmp_path))
    done |= acts_of(proxy, lambda: in_parts(store, tmp_path))
    statements = own(WRITE, store.bucket)
    assert not [act for act in done if not allows(statements, act)]
    needed = {(name, each["Sid"]) for each in statements for name in actions_of(each)}
    used = {
        (act.action, statement["Sid"])
        for act in done
        for statement in statements
        if allows([statement], act)
    }
    assert used == needed


def test_the_s3_policies_end_at_the_prefix() -> None:
    for policy in (WRITE, READ):
        statements = own(policy, "b")
        for name in {name for statement in statements for name in actions_of(statement)}:
            for key in ("other/k", "team/archived", "team/archiv", "team/archive2/k"):
                assert not allows(statements, Act(name, f"arn:aws:s3:::b/{key}", None)), key
            for bucket in ("c", "bb"):
                for resource in (bucket, f"{bucket}/{PREFIX}/k"):
                    assert not allows(
                        statements, Act(name, f"arn:aws:s3:::{resource}", f"{PREFIX}/")
                    )
        for prefix in (None, "", "t", "team/archive", "other/"):
            assert not allows(statements, Act("s3:ListBucket", "arn:aws:s3:::b", prefix))
        for name in ("s3:PutObjectAcl", "s3:PutBucketPolicy", "s3:DeleteObjectVersion"):
            assert not allows(statements, Act(name, f"arn:aws:s3:::b/{PREFIX}/k"))


def test_the_policy_to_read_is_enough_to_read(proxy: FaultyS3, tmp_path: Path) -> None:
    made = s3_store(proxy.url, PREFIX)
    made.put(request_of(tmp_path, b"body"), "k/small")
    done = acts_of(proxy, lambda: read_all(made))
    statements = own(READ, made.bucket)
    assert not [act for act in done if not allows(statements, act)]
    assert {act.action for act in done} == {n for s in statements for n in actions_of(s)}


def gcs_acts(request: requests.PreparedRequest) -> Iterator[Act]:
    """What Google's IAM asks of a request to its JSON API."""
    parts = urlsplit(str(request.url))
    query = parse_qs(parts.query)
    assert not {"predefinedAcl", "destinationPredefinedAcl"} & set(query)
    bucket, _, name = parts.path.partition("/b/")[2].partition("/o")
    source, _, target = name.lstrip("/").partition("/rewriteTo/")
    path = f"projects/_/buckets/{bucket}/objects/"
    if parts.path.startswith("/upload/"):
        body: Any = request.body
        head = next(iter(body))
        assert b'"name"' in head
        assert b'"acl"' not in head
        yield Act("storage.objects.create", path + json.loads(head.split(b"\r\n")[3])["name"])
    elif target:
        yield Act("storage.objects.get", path + unquote(source))
        yield Act("storage.objects.create", path + unquote(target.partition("/o/")[2]))
    elif not source:
        yield Act("storage.objects.list", path[: -len("/objects/")], query["prefix"][0])
    else:
        verb = {"GET": "get", "DELETE": "delete"}[str(request.method)]
        yield Act(f"storage.objects.{verb}", path + unquote(source))


def holds(condition: str, act: Act) -> bool:
    """The two ways of the condition, as CEL reads them."""
    match = re.fullmatch(
        r'resource\.name\.startsWith\("([^"]+)"\) \|\|\s'
        r'api\.getAttribute\("storage\.googleapis\.com/objectListPrefix", ""\)'
        r'\.startsWith\("([^"]+)"\)\s*',
        condition,
    )
    assert match
    return act.resource.startswith(match[1]) or (act.prefix or "").startswith(match[2])


def test_the_google_role_allows_all_that_is_done_and_nothing_else(tmp_path: Path) -> None:
    store = gcs_store(PREFIX)
    sent: list[requests.PreparedRequest] = []
    store.session.hooks["response"].append(lambda answer, **_: sent.append(answer.request))
    do_all(store, tmp_path)
    done = {act for request in sent for act in gcs_acts(request)}
    assert {act.action for act in done} == set(ROLE["includedPermissions"])
    condition = CONDITION.replace("our-archive", store.bucket).replace("people/", f"{PREFIX}/")
    assert not [act for act in done if not holds(condition, act)]
    objects = f"projects/_/buckets/{store.bucket}/objects"
    for resource in (f"{objects}/other/k", f"{objects}/{PREFIX}2/k", objects):
        assert not holds(condition, Act("storage.objects.get", resource))
    for prefix in ("", "team/", "other/"):
        bucket = f"projects/_/buckets/{store.bucket}"
        assert not holds(condition, Act("storage.objects.list", bucket, prefix))
