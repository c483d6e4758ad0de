"""Sets of mails that come with mail libraries' own tests: fetched by the ordinary installer, read, never installed.

`sets.txt` names the packages. They are kept in pytest's cache. Each set says what its mails are; a file's own label
stands before that of its set.
"""

import hashlib
import io
import os
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pytest

from mails.golden import ACCESS
from support.missing import missing
from worker.mail.read import read

_PACKAGES = Path(__file__).with_name("sets.txt")
_PATIENCE = 120.0
_TESTSUITES = "/usr/lib/python3*/test/test_email/data"


class Kind(StrEnum):
    """What a mail of a set is."""

    PERSON = "person"
    MACHINE = "machine"
    """Bounces, lists and what else bears a sign: never to be answered."""
    UNMARKED = "unmarked"
    """Spam and announcements without any sign: strangers, whom the shop doesn't answer for being no customers."""
    NO_MAIL = "no mail"
    """Without a single sender: nobody could be answered."""


@dataclass(frozen=True, slots=True)
class MailSet:
    """Where a set lies in its package, and what its mails are."""

    name: str
    places: tuple[str, ...]
    kind: Kind
    least: int
    others: dict[Kind, frozenset[str]] = field(default_factory=dict)

    def kind_of(self, file: Path) -> Kind:
        """The file's own label, else the set's."""
        return next((kind for kind, names in self.others.items() if file.name in names), self.kind)


@dataclass(frozen=True, slots=True)
class SetMail:
    """A mail of a set, as SMTP would bring it to the access address."""

    of: MailSet
    file: str
    kind: Kind
    raw: bytes
    envelope_from: str
    envelope_to: str = ACCESS


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


FETCHED = (
    MailSet(
        "flufl.bounce",
        ("flufl_bounce-*/tests/data/*.txt",),
        Kind.MACHINE,
        least=117,
        # A person's answer to a catch-all address; the library, too, has it to find no bounce in it.
        others={Kind.PERSON: _names("groupwise_03.txt")},
    ),
    MailSet(
        "mail-parser",
        ("mail_parser-*/tests/mails/mail_*",),
        Kind.UNMARKED,
        least=20,
        others={
            Kind.MACHINE: _names("mail_malformed_2 mail_test_5 mail_test_6 mail_test_13 mail_test_16"),
            Kind.PERSON: _names("mail_malformed_1 mail_test_4 mail_test_7 mail_test_10 mail_test_14 mail_test_18"),
            Kind.NO_MAIL: _names("mail_outlook_1 mail_test_15 mail_test_19"),
        },
    ),
    MailSet(
        "django-mailbox",
        (
            "django_mailbox-*/django_mailbox/tests/messages/*.eml",
            "django-mailbox-*/django_mailbox/tests/messages/*.eml",
        ),
        Kind.PERSON,
        least=20,
        others={
            Kind.MACHINE: _names("message_with_image_jpg_mimetype.eml message_with_utf8_char.eml"),
            Kind.UNMARKED: _names(
                "message_with_invalid_encoding.eml message_with_single_byte_extended_subject_encoding.eml"
            ),
            Kind.NO_MAIL: _names("message_with_utf8_attachment.eml"),
        },
    ),
    MailSet(
        "talon",
        ("talon-*/tests/fixtures/standard_replies/*.eml", "talon-*/tests/fixtures/*.eml"),
        Kind.PERSON,
        least=12,
    ),
)
TESTSUITE = MailSet(
    "python-testsuite",
    ("msg_*.txt",),
    Kind.PERSON,
    least=40,
    others={
        Kind.MACHINE: _names("msg_02.txt msg_05.txt msg_16.txt msg_25.txt msg_32.txt msg_33.txt msg_43.txt"),
        Kind.UNMARKED: _names("msg_36.txt"),
        Kind.NO_MAIL: _names("msg_11.txt msg_18.txt msg_19.txt msg_26.txt msg_37.txt msg_38.txt msg_39.txt msg_40.txt"),
    },
)
SETS = (*FETCHED, TESTSUITE)
FindSet = Callable[[MailSet], list[SetMail]]
"""The fixture that gives the mails of a set."""


def mails_of(each: MailSet, root: Path) -> list[SetMail]:
    """The set's mails under `root`, by name."""
    found = sorted({file for place in each.places for file in root.glob(place) if file.is_file()})
    assert len(found) >= each.least, f"{each.name}: only {len(found)} mails in {root}"
    return [_mail(each, file) for file in found]


def _mail(each: MailSet, file: Path) -> SetMail:
    raw = as_sent(file.read_bytes())
    return SetMail(each, file.name, each.kind_of(file), raw, read(raw).sender or "somebody@example.com")


def fetched(cache: Path) -> Path:
    """The folder with the unpacked packages; skips where they can't be had, fails where CI must have them."""
    unpacked = cache / f"unpacked-{_hash_of_packages()}"
    if not unpacked.is_dir():
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            _download(Path(folder))
            _unpack(Path(folder), Path(folder) / "unpacked")
            if not unpacked.is_dir():  # another test process may have been faster
                (Path(folder) / "unpacked").rename(unpacked)
    return unpacked


def python_mails() -> Path:
    """The folder of mails in the test suite of this Python, else of Debian's."""
    own = Path(sysconfig.get_path("stdlib")) / "test" / "test_email" / "data"
    found = [own, *sorted(Path("/").glob(_TESTSUITES.lstrip("/")))]
    return next((each for each in found if each.is_dir()), None) or missing(
        "the test suite of Python", "libpython3.11-testsuite"
    )


def as_sent(raw: bytes) -> bytes:
    """A mail of a file as SMTP would bring it: with CRLF, without a mailbox file's first line."""
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return b"\r\n".join(lines[1:] if lines[0].startswith(b"From ") else lines)


def _hash_of_packages() -> str:
    """Changes with the packages that are wanted."""
    return hashlib.sha256(_PACKAGES.read_bytes()).hexdigest()[:12]


def _download(folder: Path) -> None:
    names = ",".join(line.partition("==")[0] for line in _PACKAGES.read_text().splitlines() if "==" in line)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    options = ["--no-binary", names, "--require-hashes", "--retries", "1", "--dest", str(folder)]
    try:
        ran = subprocess.run(
            [*command, *options, "--requirement", str(_PACKAGES)],
            capture_output=True, text=True, timeout=_PATIENCE, check=False,
        )  # fmt: skip
        said = ran.stderr.strip().rpartition("\n")[2] if ran.returncode else ""
    except subprocess.TimeoutExpired:
        said = "it took too long"
    if said:
        _without(said)


def _without(reason: str) -> None:
    words = f"the mail sets of tests/mails/sets.txt can't be had: {reason}"
    if os.environ.get("CI"):
        pytest.fail(words, pytrace=False)
    pytest.skip(words)


def _unpack(folder: Path, target: Path) -> None:
    """The mails alone; no name leads out of `target`."""
    for archive in sorted(folder.glob("*.tar.gz")):
        with tarfile.open(archive) as opened:
            for member in opened:
                place = target / member.name
                if member.isfile() and "/tests/" in member.name and ".." not in place.parts:
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes((opened.extractfile(member) or io.BytesIO()).read())
