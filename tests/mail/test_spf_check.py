"""SPF as RFC 7208 says, within the limits of one mail."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.mail.dmarc import Proof
from worker.mail.lookup import Kind
from worker.mail.spf_check import Came, check_spf

Zone = dict[tuple[str, str], tuple[str, ...] | None]


def word(record: str | tuple[str, ...] | None, peer: str = "192.0.2.1", **more: tuple[str, ...] | None) -> str:
    """The result under that record; `more` has other names' texts, `__` standing for a dot."""
    texts = (record,) if isinstance(record, str) else record
    zone: Zone = {("example.com", "TXT"): texts} | {(name.replace("__", "."), "TXT"): it for name, it in more.items()}
    zone |= {("mx.example.com", "A"): ("192.0.2.1",), ("mx.example.com", "AAAA"): ("2001:db8::1",)}
    zone |= {("example.com", "MX"): ("mx.example.com",), ("example.com", "A"): ("192.0.2.80",)}
    zone |= {("1.2.0.192.in-addr.arpa", "PTR"): ("mx.example.com",)}
    found = check_spf(Came(peer, "helo.example.com", "ada@example.com"), lambda name, kind: zone.get((name, kind), ()))
    assert found is not None
    assert found.domain == "example.com"
    return found.word


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", "pass"),
        ("v=spf1 ip4:198.51.100.0/24 -all", "fail"),
        ("v=spf1 ip4:198.51.100.0/24 ~all", "softfail"),
        ("v=spf1 ?all", "neutral"),
        ("v=spf1", "neutral"),
        ("v=spf1 mx -all", "pass"),
        ("v=spf1 a -all", "fail"),
        ("v=spf1 a:mx.example.com -all", "pass"),
        ("v=spf1 ptr -all", "pass"),
        ("v=spf1 redirect=spf.example.net", "pass"),
        ("v=spf1 include:spf.example.net -all", "pass"),
        ("v=spf1 include:nothing.example.net -all", "permerror"),
        ("v=spf1 exists:%{i}.example.com -all", "fail"),
        ("v=spf1 exp=why.example.com -all", "fail"),
        ("v=spf1 ip4:oops -all", "permerror"),
        ("v=spf1 moo -all", "permerror"),
        ("v=spf10 -all", "none"),
        (("v=spf1 +all", "v=spf1 -all"), "permerror"),
        (("unrelated", "v=spf1 mx -all"), "pass"),
        ((), "none"),
        (None, "temperror"),
    ],
)
def test_results(record: str | tuple[str, ...] | None, result: str) -> None:
    assert word(record, spf__example__net=("v=spf1 ip4:192.0.2.0/24 -all",)) == result


def test_an_address_of_the_newer_protocol() -> None:
    assert word("v=spf1 mx -all", "2001:db8::1") == "pass"
    assert word("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::1") == "pass"
    assert word("v=spf1 ip4:192.0.2.1 -all", "::ffff:192.0.2.1") == "pass"


def test_a_record_that_makes_us_ask_too_often_is_wrong() -> None:
    chain = {f"s{number}__example__net": (f"v=spf1 include:s{number + 1}.example.net -all",) for number in range(12)}
    assert word("v=spf1 include:s0.example.net -all", "192.0.2.1", **chain) == "permerror"
    void = " ".join(f"a:v{number}.example.net" for number in range(5))
    assert word(f"v=spf1 {void} +all") == "permerror"
    assert word("v=spf1 include:example.com -all") == "permerror"


def test_what_can_not_be_asked_is_not_known() -> None:
    assert word("v=spf1 include:s0.example.net -all", s0__example__net=None) == "temperror"


@pytest.mark.parametrize(
    ("came", "proof"),
    [
        (Came("192.0.2.1", "mx.example.com", ""), Proof("mx.example.com", "none")),
        (Came("192.0.2.1", "[192.0.2.1]", ""), None),
        (Came("192.0.2.1", None, ""), None),
        (Came("192.0.2.1", "mx", "ada@localhost"), None),
        (Came("192.0.2.1", "mx", '"a@evil.com"@example.com'), None),
        (Came("192.0.2.1", "mx", "ada@bücher.example"), None),
        (Came("192.0.2.1", "mx", "ada@Example.COM"), Proof("example.com", "none")),
        (Came("oops", "mx", "ada@example.com"), Proof("example.com", "permerror")),
    ],
)
def test_whom_it_is_asked_for(came: Came, proof: Proof | None) -> None:
    assert check_spf(came, lambda name, kind: ()) == proof


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=80),
    st.text(max_size=80),
    st.text(" abcimpx14:/%{}._-~+?=exhlsd", max_size=200) | st.text(max_size=100),
)
def test_garbage_is_no_fault(helo: str, sender: str, record: str) -> None:
    def lookup(name: str, kind: Kind) -> tuple[str, ...] | None:
        return (f"v=spf1 {record}".encode().decode("latin-1"),) if kind == "TXT" else ("192.0.2.9",)

    began = time.process_time()
    for envelope in (sender, f"{sender}@example.com", "ada@example.com"):
        check_spf(Came("192.0.2.1", helo, envelope), lookup)
    assert time.process_time() - began < 0.75
