"""DNS records about mail as texts: one term more in an SPF record, keys to publish, lines of a zone file."""

import dns.rdata
import dns.zone
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from worker.mail.dkim import load_dkim_key
from worker.mail.dns_records import (
    dkim_key_of,
    dkim_name,
    dkim_text,
    mx_line,
    relay_include,
    spf_domains,
    spf_texts,
    spf_with,
    txt_line,
)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (None, "v=spf1 include:x.example ~all"),
        ("v=spf1 -all", "v=spf1 include:x.example -all"),
        ("v=spf1 mx a ~all", "v=spf1 mx a include:x.example ~all"),
        ("v=spf1 a ?all", "v=spf1 a include:x.example ?all"),
        ("v=spf1 a redirect=y.example", "v=spf1 a include:x.example redirect=y.example"),
        ("v=spf1 a", "v=spf1 a include:x.example"),
        ("V=SPF1 a ALL", "V=SPF1 a include:x.example ALL"),
        ("v=spf1 include:all.example -all", "v=spf1 include:all.example include:x.example -all"),
    ],
)
def test_one_term_more(record: str | None, expected: str) -> None:
    assert spf_with(record, "include:x.example") == expected


def test_what_is_an_spf_record() -> None:
    assert spf_texts(["v=spf1", "V=SPF1 -all", "v=spf10 -all", "other", "v=spf1-all"]) == ["v=spf1", "V=SPF1 -all"]
    record = "v=spf1 include:A.example +include:b.example. ip4:192.0.2.1 redirect=c.example"
    assert spf_domains(record) == ["a.example", "b.example", "c.example"]


@pytest.mark.parametrize(
    ("host", "include"),
    [
        ("smtp.gmail.com", "_spf.google.com"),
        ("email-smtp.eu-west-1.amazonaws.com", "amazonses.com"),
        ("SMTP.office365.com", "spf.protection.outlook.com"),
        ("notgmail.com", None),
        ("smtp.relay.example", None),
    ],
)
def test_relays_that_are_known(host: str, include: str | None) -> None:
    assert relay_include(host) == include


def _pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_key_to_publish(kind: str) -> None:
    made = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ed25519.Ed25519PrivateKey.generate()
    key = load_dkim_key(_pem(made), "shop.example", "k1")
    text = dkim_text(key)
    assert text.startswith(f"v=DKIM1; k={kind}; p=")
    assert dkim_key_of(text) == text.partition("p=")[2]
    assert dkim_name(key) == "k1._domainkey.shop.example"
    zone = dns.zone.from_text(txt_line(dkim_name(key), text) + "\n", origin="shop.example.", check_origin=False)
    [record] = zone.find_rdataset("k1._domainkey", "TXT")
    assert b"".join(record.strings).decode() == text


def test_keys_as_they_are_published() -> None:
    assert dkim_key_of("v=DKIM1; p=AB CD\tEF; t=s") == "ABCDEF"
    assert dkim_key_of("p=") == ""
    assert dkim_key_of("v=DKIM1; k=rsa; up=x") is None


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=700))
def test_a_line_means_its_text(text: str) -> None:
    [record] = dns.zone.from_text(
        txt_line("a.shop.example", text) + "\n", origin="shop.example.", check_origin=False
    ).find_rdataset("a", "TXT")
    assert b"".join(record.strings).decode() == text


def test_where_mail_goes() -> None:
    zone = dns.zone.from_text(mx_line("m.shop.example", "h.example") + "\n", origin="shop.example.", check_origin=False)
    [record] = zone.find_rdataset("m", "MX")
    assert (record.preference, record.exchange.to_text()) == (10, "h.example.")
