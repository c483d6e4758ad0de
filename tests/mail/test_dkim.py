"""Signatures, judged by another implementation."""

from __future__ import annotations

import sys
from base64 import b64encode

import dkim
import pytest
from cryptography.hazmat.primitives import serialization as forms
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.mail.compose import compose
from worker.mail.dkim import DkimKey, DkimKeyError, load_dkim_key, sign
from worker.mail.message import InlineImage, Mailbox, Message

NOW = 1_795_380_605_000_000
HEAD = b"From: Shop <shop@shop.example>\r\nTo: ada@example.com\r\nSubject: Hi\r\n there\r\nDate: x\r\n"


def pem(
    key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey, password: bytes = b""
) -> bytes:
    lock = forms.BestAvailableEncryption(password) if password else forms.NoEncryption()
    return key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, lock)


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
RECORDS = {
    "rsa": b"v=DKIM1; k=rsa; p="
    + b64encode(RSA.public_key().public_bytes(forms.Encoding.DER, forms.PublicFormat.SubjectPublicKeyInfo)),
    "ed25519": b"v=DKIM1; k=ed25519; p=" + b64encode(ED25519.public_key().public_bytes_raw()),
}
KEYS = {
    "rsa": load_dkim_key(pem(RSA), "shop.example", "rsa"),
    "ed25519": load_dkim_key(pem(ED25519), "shop.example", "ed25519"),
}


def genuine(signed: bytes) -> bool:
    delivered = signed if signed.endswith(b"\r\n") else signed + b"\r\n"  # SMTP ends every mail with a line end
    return bool(dkim.verify(delivered, dnsfunc=lambda name, timeout=5: RECORDS[name.split(b".")[0].decode()]))


@pytest.fixture(params=["rsa", "ed25519"])
def key(request: pytest.FixtureRequest) -> DkimKey:
    return KEYS[request.param]


def receipt() -> bytes:
    shop = Mailbox("Käse & Söhne", "shop@shop.example")
    image = InlineImage("logo", "image/png", bytes(range(256)) * 9, "logo.png")
    message = Message(
        "<r-1@shop.example>",
        NOW,
        shop,
        Mailbox("Ада", "ada@example.com"),
        shop,
        "Ваш чек " * 20,
        "Text \n\n\n",
        "<p>  Text</p>\n" * 50,
        images=(image,),
        in_reply_to="<a@b>",
        references=("<a@b>", "<c@d>"),
    )
    return compose(message)


def test_a_receipt_is_signed_and_untouched(key: DkimKey) -> None:
    raw = receipt()
    signed = sign(raw, key, NOW)
    assert signed.endswith(raw)
    assert genuine(signed)
    own = signed[: -len(raw)]
    assert own.startswith(b"DKIM-Signature: v=1; ")
    assert b"t=1795380605;" in own
    assert max(map(len, own.split(b"\r\n"))) <= 78
    assert signed == sign(raw, key, NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\r\n",
        b"\r\n\r\n\r\n",
        b"x",
        b"x\r\n\r\n\r\n",
        b" \r\n",
        b" \t\r\n \r\n",
        b"x \t \r\n\t y  z\r\n",
        b"x ",
        b"x\r\n ",
        b"x\r\n\t",
        b"." + b"\r\n.\r\n..\r\n",
        b"From me\r\n",
        b"y" * 5_000 + b"\r\n",
        b"z " * 5_000,
    ],
)
def test_odd_bodies_verify(key: DkimKey, body: bytes) -> None:
    assert genuine(sign(HEAD + b"\r\n" + body, key, NOW))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([b"\r\n", b" ", b"\t", b"x", b".", b"\xc3\xa9"]), max_size=25).map(b"".join))
def test_any_body_verifies(body: bytes) -> None:
    assert genuine(sign(HEAD + b"\r\n" + body, KEYS["ed25519"], NOW))


def test_odd_but_legal_headers_verify(key: DkimKey) -> None:
    head = (
        b"from: a@shop.example\r\nSUBJECT:\tx  y\r\n\t z \r\nTo: b@example.com\r\nReceived: by x\r\nReceived: by y\r\n"
    )
    assert genuine(sign(head + b"\r\nbody\r\n", key, NOW))


@pytest.mark.parametrize("added", [b"From: eve@evil.example\r\n", b"Subject: Pay me\r\n", b"To: eve@evil.example\r\n"])
def test_a_header_added_later_breaks_the_signature(key: DkimKey, added: bytes) -> None:
    signed = sign(receipt(), key, NOW)
    assert not genuine(added + signed)


def test_a_changed_mail_breaks_the_signature(key: DkimKey) -> None:
    signed = sign(receipt(), key, NOW)
    assert not genuine(signed.replace(b"ada@example.com", b"eve@example.com"))
    assert not genuine(signed + b"more\r\n")


def test_a_header_that_relays_add_does_not_break_it(key: DkimKey) -> None:
    assert genuine(b"Received: from here by there\r\n" + sign(receipt(), key, NOW))


def test_a_weak_key_is_refused_with_its_size() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    with pytest.raises(DkimKeyError, match=r"1024 bits; make one with at least 2048"):
        load_dkim_key(pem(weak), "shop.example", "s")


@pytest.mark.parametrize("text", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused(text: bytes) -> None:
    with pytest.raises(DkimKeyError, match="not an unencrypted private key"):
        load_dkim_key(text, "shop.example", "s")


def test_a_locked_key_is_refused() -> None:
    with pytest.raises(DkimKeyError, match="not an unencrypted private key"):
        load_dkim_key(pem(RSA, b"secret"), "shop.example", "s")


def test_another_kind_of_key_is_refused() -> None:
    with pytest.raises(DkimKeyError, match="RSA or an Ed25519"):
        load_dkim_key(pem(ec.generate_private_key(ec.SECP256R1())), "shop.example", "s")


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.serialization", None)
    with pytest.raises(DkimKeyError, match=r"pip install letterkey\[dkim\]"):
        load_dkim_key(pem(RSA), "shop.example", "s")


@pytest.mark.parametrize(
    ("domain", "selector"), [("", "s"), ("shop.example", ""), ("bücher.example", "s"), ("x", "s; d=y")]
)
def test_a_domain_or_selector_that_dns_cannot_hold_is_refused(domain: str, selector: str) -> None:
    with pytest.raises(DkimKeyError, match="host names"):
        load_dkim_key(pem(ED25519), domain, selector)
