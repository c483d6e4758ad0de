"""A backup's archive: one gzipped tar file, its manifest first.

Rules: what is unpacked is what the manifest lists, byte for byte, as plain files for the owner alone; links, folders
and names that lead elsewhere are refused, whoever made the archive.
"""

import gzip
import hashlib
import io
import os
import shutil
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from worker.keeping.manifest import MANIFEST, Manifest, Packed, Refused, from_json, to_json

_LARGEST_MANIFEST = 1 << 20
_PIECE = 1 << 20
_FASTEST = 1
"""gzip's level: a database shrinks to a quarter at once, and the worker beside needs the processor."""


def packed(file: Path) -> Packed:
    """Size and checksum of a file."""
    with file.open("rb") as source:
        return Packed(file.stat().st_size, hashlib.file_digest(source, "sha256").hexdigest())


def pack(target: Path, manifest: Manifest, files: Mapping[str, Path]) -> None:
    """Write a new archive, durable once this returns."""
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(handle, "wb") as out:
        with tarfile.open(fileobj=out, mode="w:gz", compresslevel=_FASTEST) as tar:
            text = to_json(manifest)
            tar.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))
            for name, file in files.items():
                with file.open("rb") as source:
                    tar.addfile(_member(name, manifest.files[name].size), source)
        out.flush()
        os.fsync(out.fileno())


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


def read_manifest(archive: Path) -> Manifest:
    """What an archive says of itself. Raises Refused."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            return _manifest(tar)
    except _BROKEN as error:
        raise _unreadable(archive, error) from error


def unpack(archive: Path, into: Path) -> Manifest:
    """Unpack all of an archive into an empty folder, each file checked. Raises Refused."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            manifest = _manifest(tar)
            _must_fit(manifest, into)
            found = {member.name for member in tar if _unpack(tar, member, manifest, into)}
    except _BROKEN as error:
        raise _unreadable(archive, error) from error
    if missing := manifest.files.keys() - found:
        raise Refused(f"the backup is damaged: {', '.join(sorted(missing))} is not in it")
    return manifest


_BROKEN = (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error)


def _unreadable(archive: Path, error: Exception) -> Refused:
    return Refused(f"{archive} is damaged, or no backup of Letterkey's: {error}")


def _manifest(tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST or not first.isreg() or first.size > _LARGEST_MANIFEST:
        raise Refused("that is no backup of Letterkey's: it doesn't begin with a manifest")
    return from_json(_open(tar, first).read())


def _must_fit(manifest: Manifest, into: Path) -> None:
    needed, free = sum(each.size for each in manifest.files.values()), shutil.disk_usage(into).free
    if needed > free:
        raise Refused(f"{into} has {free >> 20} MiB free, and the backup needs {needed >> 20} MiB")


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, manifest: Manifest, into: Path) -> bool:
    if member.name == MANIFEST:
        return False
    said = manifest.files.get(member.name)
    if said is None or not member.isreg() or member.size != said.size:
        raise Refused(f"the backup is damaged: {member.name!r} is not what its manifest says")
    target = into / member.name
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if _write(_open(tar, member), target) != said.sha256:
        raise Refused(f"the backup is damaged: {member.name} has another checksum than its manifest says")
    return True


def _open(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    source = tar.extractfile(member)
    assert source is not None, "a plain file"
    return source


def _write(source: IO[bytes], target: Path) -> str:
    digest = hashlib.sha256()
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as out:
        while piece := source.read(_PIECE):
            digest.update(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()
