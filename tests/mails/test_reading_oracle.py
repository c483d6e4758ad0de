"""The reader beside the standard library's (`compat32`) over the golden mails: where they differ, it is on purpose."""

import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses

import pytest

from mails.golden import Golden, golden_mails
from worker.core.email_address import identity
from worker.mail.read import LONGEST_HEADER, read

MAILS = golden_mails()
BROKEN_WORDS = frozenset({"person-en-broken-encoded-word", "person-en-unknown-charset"})
"""Where the library raises, or leaves the encoded word as it is."""
RAW_BYTES = re.compile("[\udc80-\udcff\ufffd]")


def by_library(raw: bytes) -> Message:
    return message_from_bytes(raw, policy=compat32)


def both_headers(raw: bytes) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The headers as our reader and as the library finds them."""
    theirs: dict[str, list[str]] = {}
    for name, value in by_library(raw).items():
        theirs.setdefault(name.lower(), []).append(plain(str(value))[:LONGEST_HEADER])
    return {name: [plain(value) for value in values] for name, values in read(raw).headers.items()}, theirs


@pytest.mark.parametrize("golden", MAILS, ids=lambda each: each.name)
def test_the_same_headers_are_there(golden: Golden) -> None:
    if golden.name in ("malformed-long-head", "malformed-many-lines"):
        return  # over the caps on purpose, which the library doesn't have
    ours, theirs = both_headers(golden.raw)
    assert ours == theirs


@pytest.mark.parametrize("golden", MAILS, ids=lambda each: each.name)
def test_the_same_subject_and_sender(golden: Golden) -> None:
    mail, theirs = read(golden.raw), by_library(golden.raw)
    if golden.name not in BROKEN_WORDS and not RAW_BYTES.search(str(theirs.get("Subject", ""))):
        subject = str(make_header(decode_header(str(theirs.get("Subject", "")))))
        assert mail.subject == " ".join(subject.replace("\0", " ").split())
    if mail.sender is not None:
        assert identity(mail.sender) in [
            identity(address) for _, address in getaddresses([str(each) for each in theirs.get_all("From", [])])
        ]


def plain(value: str) -> str:
    """Without what the two may spell differently: blanks at folds, undeclared 8-bit letters."""
    return re.sub("[^\x21-\x7e]+", "", value)
