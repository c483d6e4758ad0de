"""Whose word counts for a mail, by the way it came."""

import ipaddress

import pytest

from support.signing import rsa_key, signed
from worker.clock import system_clock
from worker.mail.authentication import UNKNOWN, Authentication, Result
from worker.mail.lookup import Kind
from worker.mail.origin import MAILBOX, Fronts, evidence_of, judged
from worker.mail.public_suffixes import read_suffixes
from worker.mail.read import read
from worker.mail.spf_check import Came

LIST = read_suffixes(["com", "example"])
FRONT = (ipaddress.ip_network("198.51.100.0/24"),)
SAID = b"Authentication-Results: mx.shop.example; dmarc=pass header.from=example.com\r\n"
MAIL = b"From: ada@example.com\r\nSubject: Hi\r\n\r\nHello\r\n"


def lookup(name: str, kind: Kind) -> tuple[str, ...] | None:
    zone = {
        "_dmarc.example.com": ("v=DMARC1; p=reject",),
        "example.com": ("v=spf1 ip4:192.0.2.1 -all",),
        "s1._domainkey.example.com": (rsa_key()[1],),
    }
    return zone.get(name, ())


def origin(raw: bytes, peer: str, fronts: Fronts) -> Authentication:
    came = Came(peer, "mx.example.com", "ada@example.com")
    return judged(evidence_of(raw, read(raw), (came, system_clock().now()), fronts), fronts, LIST, lookup)


@pytest.mark.parametrize("peer", [MAILBOX, "198.51.100.7", "::ffff:198.51.100.7"])
def test_our_own_servers_word_counts_where_it_handed_the_mail_over(peer: str) -> None:
    assert origin(SAID + MAIL, peer, Fronts(FRONT, "mx.shop.example")).authentic
    assert origin(MAIL, peer, Fronts(FRONT, "mx.shop.example")) == UNKNOWN
    assert origin(SAID + MAIL, peer, Fronts(FRONT, "mx.other.example")) == UNKNOWN
    assert origin(SAID + MAIL, peer, Fronts(FRONT)) == UNKNOWN


def test_a_strangers_machine_is_asked_about_whatever_its_mail_says() -> None:
    fronts = Fronts(FRONT, "mx.shop.example")
    assert origin(SAID + MAIL, "203.0.113.9", fronts).forged
    assert origin(MAIL, "192.0.2.1", fronts).dmarc is Result.PASS


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.1.2.3", "172.17.0.1", "192.168.1.1", "::1", "fe80::1%eth0", "", "?"])
def test_of_a_mail_from_an_inner_network_only_a_signature_that_holds_counts(peer: str) -> None:
    assert origin(SAID + MAIL, peer, Fronts()) == UNKNOWN
    assert origin(SAID + MAIL, peer, Fronts((), "mx.shop.example")) == UNKNOWN
    honest = signed(MAIL, "example.com")
    assert (
        origin(honest, peer, Fronts()).told
        == "dmarc=pass (p=reject) header.from=example.com; dkim=pass header.d=example.com"
    )
    assert origin(honest.replace(b"Hello", b"Hallo"), peer, Fronts()) == UNKNOWN
    assert origin(honest.replace(b"Subject: Hi", b"Subject: Ho"), peer, Fronts()) == UNKNOWN


def test_a_mail_without_one_sender_is_nobodys() -> None:
    assert origin(b"From: eve@example.com\r\n" + MAIL, "192.0.2.1", Fronts()) == UNKNOWN


def test_without_dns_nothing_is_known() -> None:
    came = Came("192.0.2.1", None, "ada@example.com")
    evidence = evidence_of(MAIL, read(MAIL), (came, 0), Fronts())
    assert judged(evidence, Fronts(), LIST, None) == UNKNOWN
