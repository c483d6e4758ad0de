"""The test suite's own stand-ins do what they promise."""

import aiosmtplib
import asyncpg
import pytest

from support.certificate import Certificate
from support.postfix import start_postfix
from support.sink import MakeSink, Sink, SinkRules, Tls

MAIL = b"From: shop@example.org\r\nTo: ada@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n..dots\r\n"


async def test_the_sink_keeps_a_mail_with_its_envelope(sink: Sink) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=sink.port, local_hostname="test") as client:
        await client.sendmail("bounces@example.org", ["ada@example.org", "bob@example.org"], MAIL)
        await client.sendmail("", ["ada@example.org"], MAIL)
        first, second = await sink.wait_for(2)
    assert (first.sender, first.recipients) == ("bounces@example.org", ("ada@example.org", "bob@example.org"))
    assert first.raw.endswith(MAIL)
    assert first.message()["subject"] == "Grüße"
    assert (second.sender, second.tls, second.user) == ("", False, None)
    assert sink.mails_to("bob@example.org") == [first]
    assert sink.connections == 1


async def test_the_sink_says_what_did_not_come(sink: Sink) -> None:
    with pytest.raises(AssertionError, match="0 of 1 mails"):
        await sink.wait_for(1, timeout=0.05)


@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
async def test_the_sink_demands_tls_and_a_login(make_sink: MakeSink, certificate: Certificate, tls: Tls) -> None:
    sink = await make_sink(SinkRules(tls=tls, certificate=certificate, user="ada", password="right"))
    client = aiosmtplib.SMTP(
        hostname="127.0.0.1",
        port=sink.port,
        local_hostname="test",
        use_tls=tls == "implicit",
        start_tls=tls == "starttls",
        tls_context=certificate.client_context(),
    )
    async with client:
        with pytest.raises(aiosmtplib.SMTPAuthenticationError):
            await client.login("ada", "wrong")
        await client.login("ada", "right")
        await client.sendmail("shop@example.org", ["ada@example.org"], MAIL)
    assert [(mail.tls, mail.user) for mail in await sink.wait_for(1)] == [(tls != "none", "ada")]


async def test_every_test_has_an_empty_database_with_collation_c(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    assert await connection.fetchval("SELECT datcollate FROM pg_database WHERE datname = current_database()") == "C"
    await connection.execute("CREATE TABLE left_behind ()")
    await connection.close()


async def test_what_another_test_left_behind_is_gone(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    await connection.close()


async def test_postfix_hands_on_by_its_routes_and_sends_real_bounces(make_sink: MakeSink) -> None:
    sink = await make_sink(SinkRules(unknown=("gone@example.com",)))
    routes = {r".*@example\.(com|org)": f"smtp:[127.0.0.1]:{sink.port}"}
    with start_postfix(routes) as postfix:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=postfix.port, local_hostname="test") as client:
            await client.sendmail("bounces@example.org", ["ada@example.com", "gone@example.com"], MAIL)
        there, bounce = sorted(await sink.wait_for(2), key=lambda mail: mail.recipients)
    assert (there.sender, there.recipients) == ("bounces@example.org", ("ada@example.com",))
    assert (bounce.sender, bounce.recipients) == ("", ("bounces@example.org",))
    assert bounce.message().get_content_type() == "multipart/report"
    assert b"Status: 5.1.1" in bounce.raw
