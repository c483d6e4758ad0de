"""DMARC as RFC 7489 says: records, organisations, alignment, and what follows for a mail."""

import itertools

import pytest

from worker.mail.authentication import Result, Wish
from worker.mail.dmarc import Found, Proof, Record, aligned, find_record, judge, read_record
from worker.mail.lookup import Kind, Lookup
from worker.mail.public_suffixes import Suffixes, read_suffixes
from worker.net.origins import shipped_suffixes

LIST = read_suffixes(
    ["// a comment", "com", "", "uk", "co.uk", "jp", "*.kobe.jp", "!city.kobe.jp", "公司.cn", "cn", "blog.com"]
)


def names(**zone: tuple[str, ...] | None) -> Lookup:
    """Texts by name, written with `__` for a dot; what isn't named isn't there."""
    known = {name.replace("__", "."): texts for name, texts in zone.items()}

    def lookup(name: str, kind: Kind) -> tuple[str, ...] | None:
        assert kind == "TXT"
        return known.get(name, ())

    return lookup


@pytest.mark.parametrize(
    ("domain", "organisation"),
    [
        ("example.com", "example.com"),
        ("a.b.example.com", "example.com"),
        ("A.Example.COM.", "example.com"),
        ("a.example.co.uk", "example.co.uk"),
        ("co.uk", "co.uk"),
        ("a.b.c.kobe.jp", "b.c.kobe.jp"),
        ("www.city.kobe.jp", "city.kobe.jp"),
        ("x.shop.xn--55qx5d.cn", "shop.xn--55qx5d.cn"),
        ("mine.blog.com", "mine.blog.com"),
        ("a.shop.unlisted", "shop.unlisted"),
    ],
)
def test_the_organisation_is_the_registered_domain(domain: str, organisation: str) -> None:
    assert LIST.organisation(domain) == organisation


def test_without_a_list_no_two_domains_are_one() -> None:
    assert not aligned("a.example.com", "example.com", Suffixes(), strict=False)


def test_the_list_that_ships_is_whole() -> None:
    shipped = shipped_suffixes()
    assert len(shipped.rules) > 9_000
    assert shipped.organisation("a.my-shop.co.uk") == "my-shop.co.uk"


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("v=DMARC1; p=reject", Record(Wish.REJECT, Wish.REJECT)),
        ("v=DMARC1;p=quarantine;sp=none", Record(Wish.QUARANTINE, Wish.NONE)),
        ("v = DMARC1 ; p = Reject ; ", Record(Wish.REJECT, Wish.REJECT)),
        ("v=DMARC1; p=none; adkim=s; aspf=s", Record(Wish.NONE, Wish.NONE, strict_dkim=True, strict_spf=True)),
        ("v=DMARC1; p=reject; pct=20", Record(Wish.QUARANTINE, Wish.QUARANTINE)),
        ("v=DMARC1; p=quarantine; pct=0", Record(Wish.NONE, Wish.NONE)),
        ("v=DMARC1; p=reject; pct=x", Record(Wish.REJECT, Wish.REJECT)),
        ("v=DMARC1; p=oops; rua=mailto:a@example.com", Record(Wish.NONE, Wish.NONE)),
        ("v=DMARC1; p=reject; sp=oops; rua=mailto:a@example.com", Record(Wish.NONE, Wish.NONE)),
        ("v=DMARC1; p=oops", None),
        ("v=DMARC1", None),
        ("p=reject; v=DMARC1", None),
        ("v=DMARC2; p=reject", None),
        ("v=spf1 -all", None),
        ("", None),
    ],
)
def test_records(text: str, record: Record | None) -> None:
    assert read_record(text) == record


@pytest.mark.parametrize(
    ("zone", "found"),
    [
        ({}, Found()),
        ({"_dmarc__a__example__com": ("v=DMARC1; p=reject",)}, Found(Record(Wish.REJECT, Wish.REJECT), Wish.REJECT)),
        (
            {"_dmarc__example__com": ("v=DMARC1; p=reject; sp=quarantine",)},
            Found(Record(Wish.REJECT, Wish.QUARANTINE), Wish.QUARANTINE),
        ),
        (
            {"_dmarc__a__example__com": ("junk",), "_dmarc__example__com": ("v=DMARC1; p=reject",)},
            Found(Record(Wish.REJECT, Wish.REJECT), Wish.REJECT),
        ),
        ({"_dmarc__a__example__com": ("v=DMARC1; p=reject", "v=DMARC1; p=none")}, Found()),
        ({"_dmarc__a__example__com": None}, Found(unsure=True)),
        ({"_dmarc__example__com": None}, Found(unsure=True)),
        ({"_dmarc__com": ("v=DMARC1; p=reject",)}, Found()),
    ],
)
def test_the_record_in_force(zone: dict[str, tuple[str, ...] | None], found: Found) -> None:
    assert find_record("a.example.com", LIST, names(**zone)) == found


SPF = (None, ("pass", "example.com"), ("pass", "mail.example.com"), ("pass", "other.com"), ("fail", "example.com"))
DKIM = (None, ("pass", "example.com"), ("pass", "mail.example.com"), ("pass", "other.com"), ("fail", "example.com"))


@pytest.mark.parametrize(("spf", "dkim"), list(itertools.product(SPF, DKIM)))
@pytest.mark.parametrize("wish", list(Wish))
def test_each_result_under_each_policy(spf: tuple[str, str] | None, dkim: tuple[str, str] | None, wish: Wish) -> None:
    """75 rows: a pass of a domain of the same organisation is enough; nothing else helps."""
    proofs = [Proof(domain, word) for word, domain in (dkim,)] if dkim else []
    host = Proof(spf[1], spf[0]) if spf else None
    found = judge("example.com", Found(Record(wish, wish), wish), host, proofs, LIST)
    own = [each for each in (spf, dkim) if each and each[0] == "pass" and each[1] != "other.com"]
    assert found.dmarc is (Result.PASS if own else Result.FAIL)
    assert found.authentic is bool(own)
    assert found.forged is (not own and wish is not Wish.NONE)


@pytest.mark.parametrize(
    ("strict", "spf", "dkim", "result"),
    [
        ("", "mail.example.com", None, Result.PASS),
        ("s", "mail.example.com", None, Result.FAIL),
        ("s", "example.com", None, Result.PASS),
        ("", None, "mail.example.com", Result.PASS),
        ("d", None, "mail.example.com", Result.FAIL),
        ("d", None, "example.com", Result.PASS),
        ("s", "mail.example.com", "mail.example.com", Result.PASS),
        ("sd", "mail.example.com", "mail.example.com", Result.FAIL),
    ],
)
def test_who_is_strict_is_taken_at_their_word(strict: str, spf: str | None, dkim: str | None, result: Result) -> None:
    record = Record(Wish.REJECT, Wish.REJECT, strict_dkim="d" in strict, strict_spf="s" in strict)
    proofs = [Proof(dkim, "pass")] if dkim else []
    host = Proof(spf, "pass") if spf else None
    found = judge("example.com", Found(record, Wish.REJECT), host, proofs, LIST)
    assert found.dmarc is result
    assert found.dkim_aligned is (result is Result.PASS and dkim is not None)


def test_without_a_record_an_aligned_signature_proves_it_and_spf_does_not() -> None:
    assert judge("example.com", Found(), None, [Proof("mail.example.com", "pass")], LIST).authentic
    assert not judge("example.com", Found(), Proof("example.com", "pass"), [], LIST).authentic
    assert not judge("example.com", Found(), None, [Proof("other.com", "pass")], LIST).authentic


def test_what_nobody_can_tell_now_is_no_forgery() -> None:
    strict = Found(Record(Wish.REJECT, Wish.REJECT), Wish.REJECT)
    unsure = judge("example.com", strict, Proof("example.com", "temperror"), [], LIST)
    assert (unsure.dmarc, unsure.forged, unsure.authentic) == (Result.NONE, False, False)
    assert judge("example.com", strict, Proof("other.com", "temperror"), [], LIST).forged
    assert not judge("a.example.com", Found(unsure=True), None, [Proof("example.com", "pass")], LIST).authentic
    assert judge("example.com", Found(unsure=True), None, [Proof("example.com", "pass")], LIST).authentic


@pytest.mark.parametrize("word", ["permerror", "neutral", "softfail", "none"])
def test_only_a_pass_is_a_pass(word: str) -> None:
    strict = Found(Record(Wish.REJECT, Wish.REJECT), Wish.REJECT)
    assert judge("example.com", strict, Proof("example.com", word), [], LIST).forged
