"""Writes an image of one layer as the tar file that podman, skopeo, containerd and `docker load` read.

It has the layout of the OCI image specification (https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md), and beside it
the manifest.json of `docker save`. The configuration has Docker's field Healthcheck, which OCI does not know and allows.
The same root and SOURCE_DATE_EPOCH make the same bytes.

Usage: layout.py ROOT.tar VERSION ARCHITECTURE USER:GROUP IMAGE
"""

import datetime
import gzip
import hashlib
import io
import json
import os
import sys
import tarfile
import tempfile

SECOND = 10**9
ENTRYPOINT = ["/usr/sbin/smokerd", "-fg", "--no-syslog"]
# It answers when the daemon serves; the client reaches it over the socket, for which it needs no token.
HEALTHCHECK = {"Test": ["CMD", "smokercli", "-l"], "Interval": 30 * SECOND, "Timeout": 10 * SECOND, "StartPeriod": 10 * SECOND, "Retries": 3}


class Hashing:
    """Passes bytes on to a file, and knows their digest."""

    def __init__(self, file):
        self.file = file
        self.hash = hashlib.sha256()

    def write(self, data):
        self.hash.update(data)
        return self.file.write(data)

    def digest(self):
        return "sha256:" + self.hash.hexdigest()


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def as_json(value):
    return json.dumps(value, indent=1, sort_keys=True).encode()


def compress(root, place):
    """Writes the layer into a file; returns the digests of what is in it and of the file."""
    with open(root, "rb") as read, open(place, "wb") as file:
        packed = Hashing(file)
        plain = hashlib.sha256()
        with gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=9, mtime=0) as layer:
            while block := read.read(1 << 20):
                plain.update(block)
                layer.write(block)
    return "sha256:" + plain.hexdigest(), packed.digest()


def configuration(version, architecture, user, diff, created):
    return {
        "architecture": architecture,
        "os": "linux",
        "created": created,
        "config": {
            "User": user,
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"],
            "Entrypoint": ENTRYPOINT,
            "WorkingDir": "/",
            "ExposedPorts": {"8086/tcp": {}},
            "Volumes": {"/var/lib/smokerd": {}},
            "StopSignal": "SIGTERM",
            "Healthcheck": HEALTHCHECK,
            "Labels": {"org.opencontainers.image.title": "smoker", "org.opencontainers.image.version": version},
        },
        "rootfs": {"type": "layers", "diff_ids": [diff]},
        "history": [{"created": created, "created_by": "make image"}],
    }


def main():
    root, version, architecture, user, image = sys.argv[1:]
    epoch = int(os.environ["SOURCE_DATE_EPOCH"])
    created = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(image))) as scratch:
        layer = os.path.join(scratch, "layer")
        diff, packed = compress(root, layer)
        config = as_json(configuration(version, architecture, user, diff, created))
        manifest = as_json({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest_of(config), "size": len(config)},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": packed, "size": os.path.getsize(layer)}],
        })
        index = as_json({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [{
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "digest": digest_of(manifest),
                "size": len(manifest),
                "platform": {"architecture": architecture, "os": "linux"},
                # The first is the name for podman and containerd, the second the tag for skopeo.
                "annotations": {"io.containerd.image.name": f"smoker:{version}", "org.opencontainers.image.ref.name": version},
            }],
        })

        def blob(digest):
            return "blobs/" + digest.replace(":", "/")

        docker = as_json([{"Config": blob(digest_of(config)), "RepoTags": [f"smoker:{version}"], "Layers": [blob(packed)]}])
        small = {
            "oci-layout": as_json({"imageLayoutVersion": "1.0.0"}),
            "index.json": index,
            "manifest.json": docker,
            blob(digest_of(manifest)): manifest,
            blob(digest_of(config)): config,
        }
        with tarfile.open(image, "w", format=tarfile.USTAR_FORMAT) as archive:
            def add(name, size, file):
                member = tarfile.TarInfo(name)
                member.size, member.mtime, member.mode = size, epoch, 0o644
                archive.addfile(member, file)

            for name, data in small.items():
                add(name, len(data), io.BytesIO(data))
            with open(layer, "rb") as file:
                add(blob(packed), os.path.getsize(layer), file)


main()
