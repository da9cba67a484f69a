"""OpenStack Swift with S3 on loopback: ``python -m tests.fakes.swift_server FOLDER [PEM]``.

Its four servers run in one process, as Swift's own functional tests have them, on a ring of one
device. Prints the port of its S3 endpoint; with ``PEM``, a certificate and its key, then that of
a second endpoint, which speaks TLS.
"""

import sys
from contextlib import redirect_stdout
from pathlib import Path
from textwrap import dedent

import eventlet
import eventlet.wsgi

eventlet.monkey_patch(thread=False, os=False)

from swift.common.http_protocol import SwiftHttpProtocol  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.utils import NullLogger, set_swift_dir  # noqa: E402
from swift.common.wsgi import get_socket, loadapp  # noqa: E402

ACCESS_KEY, SECRET_KEY = "test:tester", "testing"
KINDS = ("account", "container", "object")
BACKEND = """
    [DEFAULT]
    swift_dir = {folder}
    devices = {folder}/devices
    bind_ip = 127.0.0.1
    mount_check = false
    disable_fallocate = true

    [pipeline:main]
    pipeline = {kind}-server

    [app:{kind}-server]
    use = egg:swift#{kind}
"""
PROXY = """
    [DEFAULT]
    swift_dir = {folder}
    bind_ip = 127.0.0.1

    [pipeline:main]
    pipeline = catch_errors gatekeeper listing_formats bulk s3api tempauth slo versioned_writes symlink proxy-server

    [app:proxy-server]
    use = egg:swift#proxy
    account_autocreate = true

    [filter:tempauth]
    use = egg:swift#tempauth
    user_test_tester = testing .admin

    [filter:s3api]
    use = egg:swift#s3api
    location = us-east-1

    [filter:versioned_writes]
    use = egg:swift#versioned_writes
    allow_object_versioning = true
"""  # noqa: E501
FILTERS = ("catch_errors", "gatekeeper", "listing_formats", "bulk", "slo", "symlink")


def main() -> None:
    folder = Path(sys.argv[1])
    (folder / "devices" / "d1").mkdir(parents=True)
    (folder / "swift.conf").write_text("[swift-hash]\nswift_hash_path_suffix = rowkeeper\n")
    set_swift_dir(str(folder))
    for kind in KINDS:
        conf = folder / f"{kind}.conf"
        conf.write_text(dedent(BACKEND.format(folder=folder, kind=kind)))
        make_ring(folder, kind, serve(conf))
    conf = folder / "proxy.conf"
    more = "".join(f"\n[filter:{name}]\nuse = egg:swift#{name}\n" for name in FILTERS)
    conf.write_text(dedent(PROXY.format(folder=folder)) + more)
    print(serve(conf), flush=True)
    for certificate in sys.argv[2:]:
        print(serve(conf, {"cert_file": certificate, "key_file": certificate}), flush=True)
    eventlet.Event().wait()


def serve(conf: Path, more: dict[str, str] | None = None) -> int:
    """Run a server in a green thread and give its port."""
    with redirect_stdout(sys.stderr):  # it warns of TLS there
        listener = get_socket({"bind_ip": "127.0.0.1", "bind_port": 0, **(more or {})})
    app = loadapp(str(conf), {"log_name": conf.stem})
    options = {"protocol": SwiftHttpProtocol, "capitalize_response_headers": False}
    eventlet.spawn(eventlet.wsgi.server, listener, app, NullLogger(), **options)
    port: int = listener.getsockname()[1]
    return port


def make_ring(folder: Path, kind: str, port: int) -> None:
    """Two partitions on one device are a whole ring."""
    ring = RingBuilder(part_power=1, replicas=1, min_part_hours=0)
    device = {"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "d1"}
    ring.add_dev({**device, "weight": 1.0})
    ring.rebalance(seed=1)
    ring.get_ring().save(str(folder / f"{kind}.ring.gz"))


if __name__ == "__main__":
    main()
