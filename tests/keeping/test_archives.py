"""An archive brings back what was packed, and nothing else: whoever made it, and whatever became of it since."""

import contextlib
import gzip
import io
import json
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from worker.keeping.archive import pack, packed, read_manifest, unpack
from worker.keeping.manifest import Manifest, Packed, Refused, from_json, is_ours, to_json

Change = Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    files = {"letterkey.db": b"database" * 1000, "keys.json": b"{}", "templates/mail/alert/body.txt": b"Hello"}
    for name, content in files.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(content)
    paths = {name: tmp_path / "in" / name for name in files}
    said = {name: packed(path) for name, path in paths.items()}
    pack(tmp_path / "a.tar.gz", Manifest("2026-11-22T18:48:00Z", "0.1.0", "sqlite", 17, {"t": 1}, said), paths)
    return tmp_path / "a.tar.gz"


@pytest.fixture
def into(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def changed(archive: Path, change: Change) -> None:
    """Make the archive anew, with other members."""
    with tarfile.open(archive) as tar:
        members = [(member, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]
    change(members)
    with tarfile.open(archive, "w:gz") as tar:
        for member, content in members:
            tar.addfile(member, io.BytesIO(content) if member.isreg() else None)


def member(name: str, content: bytes = b"", **changes: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in changes.items():
        setattr(info, key, value)
    return info, content


def listing(name: str, content: bytes) -> Change:
    """The manifest lists it too."""

    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        said = json.loads(members[0][1])
        said["files"][name] = {"size": len(content), "sha256": "0" * 64}
        members[0] = member("manifest.json", json.dumps(said).encode())
        members.append(member(name, content))

    return change


def test_what_was_packed_comes_back_for_its_owner_alone(archive: Path, into: Path) -> None:
    manifest = unpack(archive, into)
    assert manifest == read_manifest(archive)
    assert {file.relative_to(into).as_posix() for file in into.rglob("*") if file.is_file()} == set(manifest.files)
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in (*into.rglob("*.db"), archive))
    assert (into / "templates/mail/alert/body.txt").read_bytes() == b"Hello"


@pytest.mark.parametrize(
    "name",
    ["../letterkey.db", "/etc/passwd", "templates/../../x", "templates//x", "run.lock", "templates/.x", "templates/",
     "a\\..\\b", "templates/a\nb", "logo/../../x", "letterkey.db/x", ""],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_refused(archive: Path, into: Path, name: str) -> None:
    assert not is_ours(name)
    changed(archive, listing(name, b"evil"))
    with pytest.raises(Refused):
        unpack(archive, into)
    assert not any(into.parent.glob("x")) and not any(into.iterdir())  # noqa: PT018


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.__setitem__(1, member("letterkey.db", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
        lambda m: m.__setitem__(1, member("letterkey.db", type=tarfile.LNKTYPE, linkname="/etc/passwd")),
        lambda m: m.__setitem__(1, member("letterkey.db", type=tarfile.FIFOTYPE)),
        lambda m: m.__setitem__(1, member("letterkey.db", b"x" * 8000)),
        lambda m: m.__setitem__(1, member("letterkey.db", b"more" * 8000)),
        lambda m: m.append(member("templates/more.txt", b"not listed")),
        lambda m: m.append(member("letterkey.db", b"database" * 1000)),
        lambda m: m.pop(),
        lambda m: m.pop(0),
        lambda m: m.insert(0, member("other.txt")),
        lambda m: m.__setitem__(0, member("manifest.json", b"[]")),
        lambda m: m.__setitem__(0, member("manifest.json", b"\xff{")),
    ],
)
def test_what_is_not_as_the_manifest_says_is_refused(archive: Path, into: Path, change: Change) -> None:
    changed(archive, change)
    with pytest.raises((Refused, FileExistsError)):
        unpack(archive, into)
    assert not any(file.is_symlink() for file in into.rglob("*"))


def test_a_broken_file_is_refused_wherever_it_breaks(archive: Path, into: Path) -> None:
    whole = archive.read_bytes()
    for end in range(0, len(whole) - 1, 7):
        archive.write_bytes(whole[:end])
        (into / str(end)).mkdir()
        if len(whole) - end > 64:
            with pytest.raises(Refused, match=r"damaged|no backup"):
                unpack(archive, into / str(end))
        else:  # only the zeros at its end may be missing: each file was checked
            with contextlib.suppress(Refused):
                unpack(archive, into / str(end))
    archive.write_bytes(gzip.compress(b"hello"))
    with pytest.raises(Refused):
        read_manifest(archive)


def test_a_newer_format_says_to_upgrade() -> None:
    said = json.loads(to_json(Manifest("x", "9", "sqlite", 1, {}, {"letterkey.db": Packed(1, "0")})))
    assert from_json(json.dumps(said).encode()).version == "9"
    with pytest.raises(Refused, match="upgrade"):
        from_json(json.dumps(said | {"format": 2}).encode())
