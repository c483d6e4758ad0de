"""What is fuzzed: each target takes any bytes, and raises where a promise about what comes from strangers is broken."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fuzz import providers
from mails.golden import OURS
from worker.core.bounce import Delivery
from worker.core.email_address import normalise
from worker.core.raw_event import RawEvent
from worker.core.transaction import Transaction
from worker.mail.auth_results import believed
from worker.mail.classify import Envelope, classify
from worker.mail.dkim_check import signatures_of
from worker.mail.dmarc import read_record
from worker.mail.essence import identity_of
from worker.mail.parts import parts_of
from worker.mail.public_suffixes import Suffixes
from worker.mail.read import InboundMail, headers_of, ids_in, read
from worker.mail.returned import read_notice
from worker.mail.whose import bearings
from worker.relays import RELAYS
from worker.sources.cells import Habits
from worker.sources.columns import FIELDS, Columns, recognise
from worker.sources.table import Nothing, Problem, Table

SLOWEST = 0.25
"""Seconds of CPU for one mail, whatever is in it."""
_BREAKS = set("\r\n\0")
"""What no value may hold: two end a line, and no database takes the third."""


def reader(data: bytes) -> None:
    """The reader of inbound mail."""
    with in_time():
        mail = read(data)
    _plain_values(mail)
    assert (mail.sender is None) == (mail.fault is not None)
    assert mail.sender is None or normalise(mail.sender) == mail.sender
    assert mail.message_id == next(iter(ids_in(headers_of(data), "message-id")), None)
    "".join((mail.subject, mail.text, *mail.kinds)).encode()


def classifier(data: bytes) -> None:
    """What a mail is: by its bytes, from a sender that stands on the first line."""
    sender, _, raw = data.partition(b"\n")
    mail = read(raw)
    for envelope in (
        Envelope(sender.decode("latin-1")),
        Envelope("", bounced=Delivery("01abc", 1)),
        Envelope("", for_people=True),
    ):
        with in_time():
            what = classify(mail, envelope)
        assert what.reason is None or not _BREAKS & set(what.reason)


def returned(data: bytes) -> None:
    """What a bounce or a complaint says."""
    with in_time():
        parts_of(data)
        notice = read_notice(data, Envelope(""), OURS)
    for each in notice.returned.reports if notice else ():
        assert not _BREAKS & set((each.address or "") + each.words)


def authentication(data: bytes) -> None:
    """What our mail server and a domain's owner say, and the signatures that a mail bears."""
    text = data.decode("utf-8", "replace").replace("\0", " ")  # as the reader gives it
    with in_time():
        found = believed([f"mx.shop.example; {text}", text], "mx.shop.example", "post.example", Suffixes())
        read_record(text)
        signatures_of(data, 1_795_400_000_000_000)
    assert not _BREAKS & set(found.told or "")


def ownership(data: bytes) -> None:
    """Whose a mail in a shared mailbox is, and which mail it is."""
    with in_time():
        bearings(data, OURS)
        identity_of(data)


def relays(data: bytes) -> None:
    """Relays' webhooks: any body, and any text where each of them has its fields."""
    text = data.decode("utf-8", "replace")
    bounce = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": text, "diagnosticCode": text}]}
    told = {"notificationType": "Bounce", "bounce": bounce, "mail": {"messageId": text}}
    ses = {"Type": "Notification", "Message": json.dumps(told), "SigningCertURL": text, "TopicArn": text}
    postmark = {"RecordType": "Bounce", "Type": "HardBounce", "Email": text, "Description": text, "ID": 1}
    for body in (data, json.dumps(ses).encode(), json.dumps(postmark).encode()):
        event = RawEvent({}, body, 1_795_400_000_000_000)
        for relay in RELAYS.values():
            with in_time():
                relay.certificate(event, (text,))
                relay.verify(event, (text,), data)
                relay.confirm(event, (text,))
                relay.read(event)


def tables(data: bytes) -> None:
    """A cart's export: any header, and any cells in a row."""
    text = data.decode("utf-8", "replace")
    cells = text.split(",")
    with in_time():
        columns = recognise(cells, {})
    known = columns if isinstance(columns, Columns) else Columns(dict(zip(FIELDS, range(99), strict=False)))
    table = Table(known, Habits(), "EUR")
    for row in (
        cells,
        ["2024-01-31" if field == "occurred_at" else "58.31" if field == "total" else text for field in FIELDS],
    ):
        with in_time():
            assert isinstance(table.read(row), Transaction | Nothing | Problem)


_ALL = (reader, classifier, returned, authentication, ownership, relays, tables)
TARGETS: dict[str, Callable[[bytes], None]] = {each.__name__: each for each in _ALL} | providers.TARGETS


@contextmanager
def in_time() -> Iterator[None]:
    """Fails where what is done takes too long."""
    began = time.process_time()
    yield
    took = time.process_time() - began
    assert took < SLOWEST, f"it took {took:.3f} s"


def _plain_values(mail: InboundMail) -> None:
    values = [value for values in mail.headers.values() for value in values]
    for value in (*values, *mail.headers, mail.subject, *mail.thread, *mail.kinds):
        assert not _BREAKS & set(value), value
    assert "\0" not in mail.text
