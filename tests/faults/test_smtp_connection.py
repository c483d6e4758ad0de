"""Kept connections, TLS and login towards the relay, on real sockets."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from aiosmtplib.email import parse_address
from hypothesis import given, settings
from hypothesis import strategies as st

from support.certificate import Certificate, self_signed
from support.scripted_relay import Script, ScriptedRelay, scripted_relay
from support.sink import MakeSink, SinkRules
from worker.core.outcome import Outcome, Phase, Result
from worker.net.relay_address import RelayAddress, Timeouts, relay_address
from worker.net.smtp import _PLAIN, Connection, open_connection
from worker.net.smtp_opening import may_send_password

PATIENT = Timeouts(connect=10, command=10, data=10, quit=10)
RAW = b"Subject: Your receipt\r\n\r\n.A line with a dot\r\nThank you.\r\n"
SENDER, ADA, BOB = "bounces@shop.example.org", "ada@example.org", "bob@example.org"


async def test_one_connection_carries_many_mails_unchanged(make_sink: MakeSink) -> None:
    sink = await make_sink(SinkRules())
    connection = await connected(relay_address(sink.url, "shop.example.org"))
    for _ in range(5):
        assert (await connection.send(SENDER, ADA, RAW)).accepted
    assert connection.usable
    assert connection.mails == 5
    await connection.close()
    assert [m.raw for m in await sink.wait_for(5)] == [RAW] * 5
    assert sink.connections == 1
    assert {m.sender for m in sink.mails} == {SENDER}


@pytest.mark.parametrize(
    ("raw", "arrives"),
    [
        (b".\r\n", b".\r\n"),
        (b"..\r\n.\r\n.a\r\n\r\n.\r\n", b"..\r\n.\r\n.a\r\n\r\n.\r\n"),
        (b"a.\r\nb .\r\n", b"a.\r\nb .\r\n"),
        (b"ends without a line end", b"ends without a line end\r\n"),
        (b"bare\n.\nMAIL FROM:<x>\r.\rend\r\n", b"bare\r\n.\r\nMAIL FROM:<x>\r\n.\r\nend\r\n"),
    ],
)
async def test_no_line_of_a_mail_ends_it_early(make_sink: MakeSink, raw: bytes, arrives: bytes) -> None:
    sink = await make_sink(SinkRules())
    connection = await connected(relay_address(sink.url, "shop.example.org"))
    assert (await connection.send(SENDER, ADA, raw)).accepted
    await connection.close()
    assert [mail.raw for mail in sink.mails] == [arrives]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_mail_goes_encrypted_and_signed_in(make_sink: MakeSink, certificate: Certificate, tls: str) -> None:
    rules = SinkRules(tls=tls, certificate=certificate, user="shop", password="p@ss:w/ord")  # type: ignore[arg-type]
    sink = await make_sink(rules)
    url = sink.url.replace(rules.password, "p%40ss%3Aw%2Ford")
    connection = await connected(relay_address(url, "shop.example.org", str(certificate.cert_file)))
    assert (await connection.send(SENDER, ADA, RAW)).accepted
    await connection.close()
    (mail,) = await sink.wait_for(1)
    assert mail.tls
    assert mail.user == "shop"


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_an_unknown_certificate_gets_no_mail(
    make_sink: MakeSink, certificate: Certificate, tmp_path: Path, tls: str
) -> None:
    sink = await make_sink(SinkRules(tls=tls, certificate=certificate))  # type: ignore[arg-type]
    stranger = self_signed(tmp_path)
    refused = await open_connection(relay_address(sink.url, "shop.example.org", str(stranger.cert_file)), PATIENT)
    assert isinstance(refused, Outcome)
    assert refused.result is Result.TLS_FAILED
    assert "certificate" in refused.text.lower()
    assert sink.mails == []


async def test_a_certificate_for_another_host_gets_no_mail(make_sink: MakeSink, certificate: Certificate) -> None:
    sink = await make_sink(SinkRules(tls="starttls", certificate=certificate))
    url = sink.url.replace("127.0.0.1", "127.1")  # the same address, by a name that the certificate doesn't hold
    refused = await open_connection(relay_address(url, "shop.example.org", str(certificate.cert_file)), PATIENT)
    assert isinstance(refused, Outcome)
    assert refused.result is Result.TLS_FAILED
    assert sink.mails == []


async def test_stripped_starttls_ends_before_any_mail_or_login() -> None:
    async with scripted_relay(Script(offers=("AUTH PLAIN",))) as relay:
        where = relay_address(f"smtp+starttls://shop:secret@127.0.0.1:{relay.port}", "shop.example.org")
        refused = await open_connection(where, PATIENT)
        await relay.all_gone()
    assert isinstance(refused, Outcome)
    assert (refused.phase, refused.result) == (Phase.STARTTLS, Result.TLS_FAILED)
    assert relay.commands == ["EHLO shop.example.org"]


async def test_plain_relay_behind_smtps_is_a_tls_failure() -> None:
    async with scripted_relay(Script()) as relay:
        refused = await open_connection(relay_address(f"smtps://127.0.0.1:{relay.port}", "shop.example.org"), PATIENT)
    assert isinstance(refused, Outcome)
    assert (refused.phase, refused.result) == (Phase.CONNECT, Result.TLS_FAILED)


async def test_a_refused_login_is_tried_once_and_never_quoted() -> None:
    said = "535 5.7.8 refused: AUTH PLAIN AHNob3AAaHVudGVyMi1odW50ZXIy hunter2-hunter2"
    async with scripted_relay(Script("auth", said)) as relay:
        where = relay_address(f"smtp://shop:hunter2-hunter2@127.0.0.1:{relay.port}", "shop.example.org")
        refused = await open_connection(where, PATIENT)
        await relay.all_gone()
    assert isinstance(refused, Outcome)
    assert (refused.phase, refused.code, refused.enhanced) == (Phase.AUTH, 535, "5.7.8")
    assert "hunter2" not in repr(refused) + repr(where)
    assert "AHNob3AA" not in refused.text
    assert len([c for c in relay.commands if c.startswith("AUTH")]) == 1


@pytest.mark.parametrize("offers", [(), ("AUTH GSSAPI",)])
async def test_no_known_login_offered(offers: tuple[str, ...]) -> None:
    async with scripted_relay(Script(offers=offers)) as relay:
        where = relay_address(f"smtp://shop:secret@127.0.0.1:{relay.port}", "shop.example.org")
        refused = await open_connection(where, PATIENT)
    assert isinstance(refused, Outcome)
    assert (refused.phase, refused.result) == (Phase.AUTH, Result.UNSUPPORTED)


@pytest.mark.parametrize(
    ("encrypted", "peer", "may"),
    [
        (True, "192.0.2.1", True),
        (False, "127.0.0.1", True),
        (False, "::1", True),
        (False, "192.0.2.1", False),
        (False, "10.0.0.1", False),
        (False, "fe80::1%eth0", False),
    ],
)
def test_passwords_leave_this_machine_encrypted_only(encrypted: bool, peer: str, may: bool) -> None:
    assert may_send_password(encrypted, peer) is may


@pytest.mark.parametrize("step", ["rcpt", "data", "dot"])
async def test_after_a_refusal_the_same_connection_takes_the_next_mail(step: str) -> None:
    """Only the first mail meets the refusal: the relay's talk goes on after RSET."""
    async with scripted_relay(Script(step, "550 5.1.1 no")) as relay:  # type: ignore[arg-type]
        connection = await connected(plain(relay))
        assert (await connection.send(SENDER, BOB, RAW)).code == 550
        assert connection.usable
        assert relay.commands[-1] == "RSET"
        await connection.close()
    assert relay.connections == 1


@pytest.mark.parametrize("act", ["close", "reset", "garbage", "421 4.3.2 closing", "500 what?", "250 ok\r\n250 ok"])
async def test_when_rset_fails_the_refusal_stands_and_the_connection_goes(act: str) -> None:
    async with scripted_relay(Script("rset", act)) as relay:
        connection = await connected(plain(relay))
        outcome = await connection.send(SENDER, "unknown@example.org", RAW)
        assert (outcome.phase, outcome.code) == (Phase.RCPT, 550)
        assert not connection.usable
        await connection.close()


@pytest.mark.parametrize(("offer", "secret"), [("LOGIN", "czNjcmV0"), ("CRAM-MD5", "c2hvcC")])
async def test_other_ways_to_sign_in(offer: str, secret: str) -> None:
    async with scripted_relay(Script(offers=(f"AUTH {offer}",))) as relay:
        where = relay_address(f"smtp://shop:s3cret@127.0.0.1:{relay.port}", "shop.example.org")
        connection = await connected(where)
        assert (await connection.send(SENDER, ADA, RAW)).accepted
        await connection.close()
    assert relay.commands[1].startswith(f"AUTH {offer}")
    assert relay.commands[2].startswith(secret)


@pytest.mark.parametrize("act", ["close", "reset", "421 4.4.2 idle too long"])
async def test_a_kept_connection_that_was_closed_costs_the_mail_nothing(act: str) -> None:
    async with scripted_relay(Script("mail", act, after_mails=1)) as relay:
        connection = await connected(plain(relay))
        assert (await connection.send(SENDER, ADA, RAW)).accepted
        outcome = await connection.send(SENDER, BOB, RAW)
        assert outcome.result is Result.STALE
        assert not connection.usable
        await connection.close()


async def test_a_relay_that_goes_away_between_mails_is_noticed() -> None:
    async with scripted_relay(Script("after", "close")) as relay:
        connection = await connected(plain(relay))
        assert (await connection.send(SENDER, ADA, RAW)).accepted
        await relay.all_gone()
        await soon(lambda: not connection.usable)
        await connection.close()


@pytest.mark.parametrize(
    ("step", "reply"), [("mail", "250 ok\r\n250 ok"), ("rcpt", "250 ok\r\n354 go"), ("ehlo", "250 hi\r\n250 ok")]
)
async def test_a_second_reply_is_never_taken_for_the_next_answer(step: str, reply: str) -> None:
    async with scripted_relay(Script(step, reply)) as relay:  # type: ignore[arg-type]
        connection = await open_connection(plain(relay), PATIENT)
        outcome = connection if isinstance(connection, Outcome) else await connection.send(SENDER, ADA, RAW)
        assert (outcome.phase, outcome.result) == (Phase(step), Result.GARBAGE)
        assert relay.copies == []
        if isinstance(connection, Connection):
            assert not connection.usable
            await connection.close()


async def test_a_250_before_the_dot_is_not_believed() -> None:
    """354 and 250 in one packet; the true answer to the dot is 550."""
    async with scripted_relay(Script("early", "550 5.6.0 no")) as relay:
        connection = await connected(plain(relay))
        outcome = await connection.send(SENDER, ADA, RAW)
        assert (outcome.phase, outcome.result) == (Phase.DATA, Result.GARBAGE)
        assert not connection.usable
        await connection.close()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a b@example.org",
        "a@example.org> NOTIFY=NEVER",
        "a@example.org\r\nRCPT TO:<b@example.org>",
        "<a@example.org>",
        "Ada <a@example.org>",
        "a@example.org,b@example.org",
    ],
)
async def test_an_address_that_is_more_than_an_address_is_never_sent(address: str) -> None:
    async with scripted_relay(Script()) as relay:
        connection = await connected(plain(relay))
        outcome = await connection.send(SENDER, address, RAW)
        assert (outcome.phase, outcome.result) == (Phase.RCPT, Result.UNSUPPORTED)
        assert connection.usable
        assert (await connection.send(SENDER, ADA, RAW)).accepted
        await connection.close()
    assert [c for c in relay.commands if c.startswith("RCPT")] == [f"RCPT TO:<{ADA}>"]


async def test_smtputf8_and_8bitmime_only_when_needed_and_offered() -> None:
    umlaut, eight_bit = "jörg@example.org", RAW + "Grüße\r\n".encode()
    async with scripted_relay(Script()) as relay:
        connection = await connected(plain(relay))
        for recipient, raw in ((ADA, RAW), (umlaut, RAW), (ADA, eight_bit)):
            assert (await connection.send(SENDER, recipient, raw)).accepted
        await connection.close()
    mails = [c.removeprefix(f"MAIL FROM:<{SENDER}>").strip() for c in relay.commands if c.startswith("MAIL")]
    assert mails == ["", "SMTPUTF8", "BODY=8BITMIME"]
    async with scripted_relay(Script(offers=())) as relay:
        connection = await connected(plain(relay))
        outcome = await connection.send(SENDER, umlaut, RAW)
        assert (outcome.phase, outcome.result) == (Phase.RCPT, Result.UNSUPPORTED)
        await connection.close()


@pytest.mark.parametrize("step", ["banner", "ehlo", "mail", "dot"])
async def test_giving_up_waiting_leaves_no_socket_and_no_task(step: str) -> None:
    async with scripted_relay(Script(step, "hang")) as relay:  # type: ignore[arg-type]
        before = asyncio.all_tasks()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await (await connected(plain(relay))).send(SENDER, ADA, RAW)
        await relay.all_gone()
        await soon(lambda: asyncio.all_tasks() <= before)


async def test_a_relay_that_reads_no_more_does_not_keep_our_socket() -> None:
    """A polite close would wait until it takes the rest of the message."""
    async with scripted_relay(Script("mid-data", "hang")) as relay:
        before = len(os.listdir("/dev/fd"))
        hasty = Timeouts(connect=10, command=10, data=0.2, quit=10)
        connection = await open_connection(plain(relay), hasty)
        assert isinstance(connection, Connection)
        outcome = await connection.send(SENDER, ADA, RAW + (b"x" * 900 + b"\r\n") * 15_000)
        assert outcome.result is Result.TIMEOUT
        await soon(lambda: len(os.listdir("/dev/fd")) == before + 1)  # the relay's own end
        await connection.close()


@given(st.from_regex(_PLAIN, fullmatch=True))
@settings(max_examples=200)
def test_plain_addresses_are_what_the_library_writes(address: str) -> None:
    assert parse_address(address) == address


@pytest.mark.parametrize(
    "url",
    [
        "http://relay.example.org",
        "smtp://",
        "smtp://u:secret@relay.example.org:port",
        "smtp://u:secret@relay.example.org:99999",
        "smtp://u:sec/ret@relay.example.org",
        "smtp://u:secret#1@relay.example.org",
        "smtp://u:secret@[relay",
        "smtp://u:secret@relay℀.example.org",
    ],
)
def test_a_wrong_url_is_told_without_the_password(url: str) -> None:
    with pytest.raises(ValueError) as told:
        relay_address(url, "shop.example.org")
    assert "relay's URL" in str(told.value)
    assert "sec" not in f"{told.value}{told.value.__cause__}"


def test_ports_follow_the_scheme() -> None:
    ports = {s: relay_address(f"{s}://relay.example.org", "shop").port for s in ("smtp", "smtps", "smtp+starttls")}
    assert ports == {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


async def soon(done: Callable[[], bool]) -> None:
    """What is closed on one side is known on the other after some rounds of the event loop."""
    async with asyncio.timeout(5):
        while not done():  # noqa: ASYNC110 - there is no event to wait for: nothing of ours happens
            await asyncio.sleep(0)


def plain(relay: ScriptedRelay) -> RelayAddress:
    return relay_address(f"smtp://127.0.0.1:{relay.port}", "shop.example.org")


async def connected(where: RelayAddress) -> Connection:
    connection = await open_connection(where, PATIENT)
    assert isinstance(connection, Connection), connection
    return connection
