"""DKIM: which signatures count; the mails are signed by the library that mail servers use."""

import base64
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.signing import ed25519_key, rsa_key, signed
from worker.mail.dkim_check import MOST_SIGNATURES, check_dkim, signatures_of
from worker.mail.dmarc import Proof
from worker.mail.lookup import Kind

MAIL = (
    b"From: Ada <ada@example.com>\r\nTo: access@shop.example\r\nSubject:  Hello\r\n  again\r\n\r\n"
    b"Hello \t there \r\n\r\n  you\r\n\r\n\r\n"
)
HOUR = 3_600 * 1_000_000

WEAK_PRIVATE = (
    "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlCeWdJQkFBSmhBSitlaWoyZ0FyR05sTFpMRGVjeDJVcDg0MUpPRER4"
    "VDQvaEhaS1YyUmUxRFowUEFHTlo2CmJGOWVLYXIwZ1FFeWhCZUhscXRDbFc1bTRWMWlkb2o3Q2U3dVFhb0JZZ3VuSlZNdXBqd2Mv"
    "eXRDUVZwalc3TmwKNGtYNWwxSWFnWXBGYVFJREFRQUJBbUFaUDl3QVdaSnpnY0QzZ1RIbTA1VGEycHlmQldlY0YyMGxkaTJ1bXVI"
    "Kwo0VDJ4a3U2YTV1ekR2VUo4SDRkVXFDZkxESWNndVgxQ1RDMTZQeTYvRXRnUHNjQ2R4SFBDMnc4V3NWeE1tTThLCnN6b0VFc2tn"
    "TkZUcDllWjhkNVBFbkFFQ01RRFNLV041VTEvNEFHUWFkeGtzdVFJTjhSWXp6OGJLVmtXWkFhVXIKZmVvcUVQcVlMcHlwSVhZT2ND"
    "RVlFMC96YXVrQ01RRENidys2aG1KaXU3eldXWE1WcE5vUEJjNE9vR1RyMnZaegpuVnhpS0ZCbnZTeG5La1ZzZG9YOWIrcmU3bXVL"
    "ZG9FQ01RQ1ppOWU3cXVpdy8wZ2o5ZVFVd3M3M2RLOHVCNTVMCjhxQkMyK3JiVGRHcURtR29rbFd2VkYwMnkwSENuMG1JcFJFQ01E"
    "bDZkNTNlaUV0RDBLbFZQQzVUMDVySlRvY0kKWjQxSjU3MTU4WXVhKzFvUGxJYlMrajc4TXRRZk44RzduZE1MQVFJd0g5UTdvN0ZY"
    "TlZiM3VWa3h1VHVzSTN5TQo4dm0reFNHalJCWGpYeHFOMlRMQnFtNVI0cngvQ2VGdTZhbURmOG56Ci0tLS0tRU5EIFJTQSBQUklW"
    "QVRFIEtFWS0tLS0tCg=="
)
"""A key of 768 bits, in PEM: the library that makes keys makes none so weak."""
WEAK_PUBLIC = (
    "v=DKIM1; k=rsa; p=MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhAJ+eij2gArGNlLZLDecx2Up841JODDxT4/hHZKV2Re1DZ0PA"
    "GNZ6bF9eKar0gQEyhBeHlqtClW5m4V1idoj7Ce7uQaoBYgunJVMupjwc/ytCQVpjW7Nl4kX5l1IagYpFaQIDAQAB"
)


def now() -> int:
    """When the library signs: it takes no time from us."""
    return int(time.time() * 1_000_000)


def words(raw: bytes, *texts: str, at: int | None = None, asked: list[str] | None = None) -> list[str]:
    """What the signatures come to, with these texts at each name."""

    def lookup(name: str, kind: Kind) -> tuple[str, ...] | None:
        if asked is not None:
            asked.append(name)
        return texts

    return [proof.word for proof in check_dkim(signatures_of(raw, now() if at is None else at), lookup)]


@pytest.mark.parametrize("body", [b"simple", b"relaxed"])
@pytest.mark.parametrize("head", [b"simple", b"relaxed"])
@pytest.mark.parametrize(
    "words_of_body", [b"", b"\r\n", b"\r\n\r\n", b"a", b"a\r\n", b" \t\r\n \r\n", MAIL.partition(b"\r\n\r\n")[2]]
)
def test_each_way_of_writing_holds(head: bytes, body: bytes, words_of_body: bytes) -> None:
    raw = signed(MAIL.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + words_of_body, "example.com", canonicalize=(head, body))
    assert words(raw, rsa_key()[1]) == ["pass"]


def test_the_name_of_the_key_and_of_the_domain() -> None:
    asked: list[str] = []
    raw = signed(MAIL, "mail.my-shop.example.com")
    assert words(raw, rsa_key()[1], asked=asked) == ["pass"]
    assert asked == ["s1._domainkey.mail.my-shop.example.com"]
    assert check_dkim(signatures_of(raw, now()), lambda name, kind: None) == (
        Proof("mail.my-shop.example.com", "temperror"),
    )


def test_a_key_of_edwards_curve() -> None:
    raw = signed(MAIL, "example.com", key=ed25519_key()[0], signature_algorithm=b"ed25519-sha256")
    assert words(raw, ed25519_key()[1]) == ["pass"]
    assert words(raw, rsa_key()[1]) == ["fail"]


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"you", b"me"), (b"Hello\r\n  again", b"Hello"), (b"From: Ada", b"From: Eve"), (b"d=example.com", b"d=evil.com")],
)
def test_what_was_altered_does_not_hold(old: bytes, new: bytes) -> None:
    raw = signed(MAIL, "example.com")
    assert old in raw
    assert words(raw.replace(old, new), rsa_key()[1]) == ["fail"]


def test_an_altered_body_costs_no_lookup() -> None:
    asked: list[str] = []
    assert words(signed(MAIL, "example.com") + b"more\r\n", rsa_key()[1], asked=asked) == ["fail"]
    assert asked == []


def test_a_second_from_header_is_noticed() -> None:
    raw = signed(MAIL, "example.com", include_headers=[b"from", b"to", b"subject"])
    assert words(raw, rsa_key()[1]) == ["pass"]
    assert words(b"From: eve@example.com\r\n" + raw, rsa_key()[1]) == ["fail"]


def test_a_signature_for_part_of_the_body_does_not_count() -> None:
    raw = signed(MAIL, "example.com", length=True, canonicalize=(b"relaxed", b"relaxed"))
    assert words(raw, rsa_key()[1]) == ["pass"]
    assert words(raw + b"Send all to me!\r\n", rsa_key()[1]) == ["fail"]


@pytest.mark.parametrize(
    ("texts", "word"),
    [
        ((), "fail"),
        (("v=spf1 -all",), "fail"),
        (("unrelated", "@"), "pass"),
        (("@", "@"), "fail"),
        (("@; t=y",), "fail"),
        (("@; t=s",), "pass"),
        (("@; h=sha1",), "fail"),
        (("@; s=tlsrpt",), "fail"),
        (("@; s=email",), "pass"),
        (("v=DKIM1; p=",), "fail"),
        (("v=DKIM1; k=rsa; p=AAAA",), "fail"),
        (("v=DKIM1; k=rsa; p=(((",), "fail"),
        (("v=DKIM2; p=x",), "fail"),
        (("@; n=" + "x" * 5_000,), "fail"),
    ],
)
def test_keys(texts: tuple[str, ...], word: str) -> None:
    known = tuple(text.replace("@", rsa_key()[1], 1) for text in texts)
    assert words(signed(MAIL, "example.com"), *known) == [word]


def test_a_domain_that_wants_no_subdomains_is_heard() -> None:
    raw = signed(MAIL, "example.com", identity=b"ada@mail.example.com")
    assert words(raw, rsa_key()[1]) == ["pass"]
    assert words(raw, rsa_key()[1] + "; t=s") == ["fail"]


def test_a_weak_key_proves_nothing() -> None:
    weak = base64.b64decode(WEAK_PRIVATE)
    assert words(signed(MAIL, "example.com", key=weak), WEAK_PUBLIC) == ["fail"]


def test_an_old_hash_proves_nothing() -> None:
    raw = signed(MAIL, "example.com")
    assert words(raw.replace(b"a=rsa-sha256", b"a=rsa-sha1"), rsa_key()[1]) == ["fail"]


def test_a_signature_counts_for_its_time() -> None:
    raw = signed(MAIL, "example.com")
    assert words(raw, rsa_key()[1], at=now() - HOUR) == ["fail"]  # it was made in that mail's future
    assert words(raw, rsa_key()[1], at=now() + 1_000 * HOUR) == ["pass"]
    expired = raw.replace(b"; t=", b"; x=%d; t=" % (now() // 1_000_000 - 3_600))
    assert words(expired, rsa_key()[1]) == ["fail"]


def test_only_the_topmost_signatures_are_looked_at() -> None:
    raw = signed(MAIL, "example.com")
    asked: list[str] = []
    for number in range(20):
        raw = signed(raw, f"relay{number}.example")
    found = words(raw, rsa_key()[1], asked=asked)
    assert found == ["pass"] * MOST_SIGNATURES
    assert len(asked) == MOST_SIGNATURES


def test_a_mail_without_signatures_says_nothing() -> None:
    assert words(MAIL, rsa_key()[1]) == []
    assert words(b" \r\nDKIM-Signature: v=1\r\n\r\n", rsa_key()[1]) == []


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.binary(max_size=200), st.text(max_size=100))
def test_garbage_is_no_signature_and_no_fault(tags: bytes, before: bytes, key: str) -> None:
    raw = before + b"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=x; h=from; bh=x; b=" + tags + b"\r\n" + MAIL
    assert "pass" not in words(raw, key)
    assert "pass" not in words(signed(MAIL, "example.com"), key, rsa_key()[1][:50])


GARBAGE = {
    "blanks": b" " * 60_000,
    "folds": b"\r\n " * 15_000,
    "tags": b"a=b;" * 15_000,
    "names": b"; h=" + b":".join(b"n%d" % number for number in range(9_000)),
    "base64": b"; bh=" + b"A " * 20_000 + b"!",
    "b": b"; b" + b"\r\n \t" * 900 + b"!",
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_in_the_head_takes_no_time(name: str) -> None:
    field = b"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=x; bh=AAAA; b=AAAA; h=from" + GARBAGE[name] + b"\r\n"
    began = time.process_time()
    words(field + MAIL, rsa_key()[1])
    assert time.process_time() - began < 0.25


@pytest.mark.parametrize("piece", [b" ", b"\t", b" \t", b"\r\n", b" \r\n", b"a \r\n"])
def test_a_body_of_blanks_takes_no_time(piece: bytes) -> None:
    raw = signed(MAIL, "example.com", canonicalize=(b"relaxed", b"relaxed")) + piece * (1_000_000 // len(piece)) + b"x"
    began = time.process_time()
    assert words(raw, rsa_key()[1]) == ["fail"]
    assert time.process_time() - began < 0.25
