"""What callers do to the mail door with a bare socket: nothing half is kept, others are served, all ends in time."""

import asyncio
import time
from contextlib import suppress

import pytest

from support.certificate import Certificate
from support.mail_door import MAIL, PATIENCE, opened
from worker.net import smtp_caller, smtp_room
from worker.net.smtp_data import MOST_LINES

STEPS = [b"", b"EHLO mail.example.com\r\n", b"MAIL FROM:<>\r\n", b"RCPT TO:<access@shop.example>\r\n", b"DATA\r\n"]


@pytest.mark.parametrize("step", range(len(STEPS)))
async def test_a_caller_who_vanishes_leaves_nothing(step: int) -> None:
    async with opened() as at:
        caller = await at.call()
        for said in STEPS[: step + 1]:
            if said:
                await caller.say(said)
        if step == len(STEPS) - 1:
            caller.writer.write(MAIL)
            await caller.writer.drain()
        caller.vanish()
        assert await at.served() < 1
    assert len(at.shelf.mails) == 1  # the honest one's


async def test_what_is_kept_is_what_was_sent() -> None:
    async with opened() as at:
        caller = await at.call()
        await caller.say(b"EHLO mail.example.com\r\n")
        await caller.say(b"MAIL FROM:<>\r\n")
        await caller.say(b"RCPT TO:<ACCESS@shop.example>\r\n")
        await caller.say(b"RCPT TO:<postmaster>\r\n")
        await caller.say(b"DATA\r\n")
        reply = await caller.say(b"..a\r\n...\r\nend.\r\nnul\x00 \xff\r\n" + b"x" * 1_000_000 + b"\r\n.\r\n")
        assert reply.startswith(b"250 ")
    [kept] = at.shelf.mails
    assert (kept.sender, kept.recipients, kept.peer) == ("", ("access@shop.example", "postmaster"), "127.0.0.1")
    assert kept.raw == b".a\r\n..\r\nend.\r\nnul\x00 \xff\r\n" + b"x" * 1_000_000 + b"\r\n"


@pytest.mark.parametrize(
    "end",
    [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r\n", b"\r.\r", b"\r\n.\r", b"\r\n\x00.\r\n", b"\r\n.\x00\r\n"],
)
async def test_no_mail_is_smuggled_inside_another(end: bytes) -> None:
    hidden = b"MAIL FROM:<mallory@example.com>\r\nRCPT TO:<access@shop.example>\r\nDATA\r\nsmuggled\r\n"
    async with opened() as at:
        caller = await at.call()
        await caller.until_data()
        reply = await caller.say(b"one" + end + hidden + b".\r\n")
        assert reply[:4] in (b"521 ", b"250 ")
        await at.served()
    assert [mail.sender for mail in at.shelf.mails if mail.sender != "ada@example.com"] == []
    assert not any(mail.raw.startswith(b"smuggled") for mail in at.shelf.mails)


@pytest.mark.parametrize("raw", [b"a\nb\r\n.\r\n", b"a\rb\r\n.\r\n", b"\n\r\n.\r\n"])
async def test_a_bare_line_end_is_refused(raw: bytes) -> None:
    async with opened() as at:
        caller = await at.call()
        await caller.until_data()
        assert (await caller.say(raw)).startswith(b"521 ")
    assert at.shelf.mails == []


async def test_a_dripping_caller_is_cut_off_while_others_are_served() -> None:
    async with opened(seconds=(0.5, 600)) as at:
        caller = await at.call()
        await caller.until_data()

        async def drip() -> None:
            while True:
                caller.writer.write(b"x")
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        assert await at.served() < 1
        assert (await caller.hear()).startswith(b"421 ")
        dripping.cancel()
    assert len(at.shelf.mails) == 1


async def test_a_session_ends_however_busy_it_is() -> None:
    async with opened(seconds=(60, 0.5)) as at:
        caller = await at.call()
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionError):
                while await caller.say(b"RSET\r\n"):  # noqa: ASYNC110 - a pace, not a wait
                    await asyncio.sleep(0.02)


async def test_thousands_of_recipients_are_stopped_at_five() -> None:
    async with opened() as at:
        caller = await at.call()
        await caller.say(b"EHLO mail.example.com\r\n")
        await caller.say(b"MAIL FROM:<ada@example.com>\r\n")
        caller.writer.write(b"RCPT TO:<access@shop.example>\r\n" * 5_000)
        replies = [await caller.hear() for _ in range(6)]
        with suppress(ConnectionError):  # which may overtake the last replies
            while reply := await caller.hear():
                replies.append(reply)
        assert await at.served() < 1
    assert [reply[:3] for reply in replies[:6]] == [b"250"] * 5 + [b"452"]
    assert len(replies) <= smtp_caller.CALLS["RCPT"] + 1


async def test_only_our_addresses_are_taken() -> None:
    async with opened() as at:
        caller = await at.call()
        reply = await caller.until_data(b"somebody@shop.example")
        assert reply.startswith(b"503 ")
        assert (await caller.say(b"RCPT TO:<access@elsewhere.example>\r\n")).startswith(b"550 5.1.1 ")


async def test_too_much_is_refused_and_read_to_its_end() -> None:
    async with opened(largest=1_000_000) as at:
        caller = await at.call()
        assert b"250-SIZE 1000000\r\n" in await caller.say(b"EHLO mail.example.com\r\n")
        assert (await caller.say(b"MAIL FROM:<a@example.com> SIZE=1000001\r\n")).startswith(b"552 ")
        await caller.until_data()
        assert (await caller.say(b"x" * 1_500_000 + b"\r\n.\r\n")).startswith(b"552 ")
        await caller.until_data()
        caller.writer.write(b"x" * 3_000_000)
        assert (await caller.hear()).startswith(b"552 ")
        assert (await caller.hear())[:4] in (b"421 ", b"")
    assert at.shelf.mails == []


async def test_six_megabytes_of_empty_lines_cost_nothing() -> None:
    async with opened() as at:
        caller = await at.call()
        await caller.until_data()
        began = time.process_time()
        caller.writer.write(b"\r\n" * (3 * 1024 * 1024) + b".\r\n")
        assert await at.served() < 1
        assert (await caller.hear()).startswith(b"552 ")
        assert time.process_time() - began < 2
    assert MOST_LINES < 3 * 1024 * 1024
    assert len(at.shelf.mails) == 1


async def test_all_mails_at_once_stay_within_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_room, "MOST_IN_FLIGHT", 1_000_000)
    async with opened() as at:
        first, second = await at.call(), await at.call()
        await first.until_data()
        first.writer.write(b"x" * 900_000)
        await first.writer.drain()
        await second.until_data()
        assert (await second.say(b"y" * 900_000 + b"\r\n.\r\n")).startswith(b"452 4.3.1 ")
        assert (await first.say(b"\r\n.\r\n")).startswith(b"250 ")
        await second.until_data()
        assert (await second.say(b"y" * 900_000 + b"\r\n.\r\n")).startswith(b"250 ")


async def test_a_fault_of_ours_is_temporary_and_tells_nothing() -> None:
    async with opened() as at:
        at.shelf.broken = True
        caller = await at.call()
        await caller.until_data()
        assert await caller.say(MAIL + b".\r\n") == b"451 4.3.0 Temporary failure, come again later\r\n"
        at.shelf.broken = False
        assert await at.served() < 1


async def test_one_peer_holds_no_more_than_its_share() -> None:
    async with opened() as at:
        held = [await at.call() for _ in range(smtp_room.MOST_FROM_ONE_PEER)]
        refused = await at.call_unheard()
        assert (await refused.hear()).startswith(b"421 ")
        assert (await held[0].say(b"QUIT\r\n")).startswith(b"221 ")
        assert await held[0].hear() == b""
        assert await at.served() < 1


async def test_commands_before_starttls_is_done_are_dropped(certificate: Certificate) -> None:
    async with opened(tls=certificate.server_context) as at:
        caller = await at.call()
        assert b"STARTTLS" in await caller.say(b"EHLO mail.example.com\r\n")
        early = b"EHLO mallory\r\nMAIL FROM:<mallory@example.com>\r\n"
        assert (await caller.say(b"STARTTLS\r\n" + early)).startswith(b"220 ")
        await caller.writer.start_tls(certificate.client_context(), server_hostname="localhost")
        assert (await caller.say(b"RCPT TO:<access@shop.example>\r\n")).startswith(b"503 ")
        offered = await caller.say(b"EHLO mail.example.com\r\n")
        assert b"STARTTLS" not in offered
        assert b"AUTH" not in offered
        await caller.until_data()
        assert (await caller.say(MAIL + b".\r\n")).startswith(b"250 ")
        assert (await caller.say(b"QUIT\r\n")).startswith(b"221 ")
    assert [mail.sender for mail in at.shelf.mails] == ["ada@example.com"]


async def test_tls_that_fails_harms_nobody(certificate: Certificate) -> None:
    async with opened(tls=certificate.server_context) as at:
        for _ in range(10):
            caller = await at.call()
            await caller.say(b"EHLO mail.example.com\r\n")
            await caller.say(b"STARTTLS\r\n")
            caller.writer.write(b"this is no TLS\r\n" * 10)
            await caller.reader.read()
        assert await at.served() < 1


async def test_who_brings_a_mail_while_the_door_closes_is_heard_out() -> None:
    async with opened() as at:
        at.shelf.slow = 0.2
        busy, idle = await at.call(), await at.call()
        await busy.until_data()
        answering = asyncio.create_task(busy.say(MAIL + b".\r\n"))
        await at.shelf.began.wait()
        waiting = asyncio.create_task(idle.hear())
    replies = await asyncio.gather(answering, waiting)
    assert [reply[:4] for reply in replies] == [b"250 ", b"421 "]
    assert len(at.shelf.mails) == 1


async def test_a_stopping_door_says_so_at_once() -> None:
    async with opened() as at:
        idle = await at.call()
        at.stopping.set()
        assert await idle.hear() == b"421 4.3.2 Going down, come again later\r\n"
        with pytest.raises(ConnectionError):
            await at.call_unheard()


async def test_a_trusted_peer_holds_half_of_the_places_and_no_more() -> None:
    async with opened(trusted=["127.0.0.1/32"]) as at:
        held = [await at.call() for _ in range(smtp_room.MOST_FROM_TRUSTED)]
        refused = await at.call_unheard()
        assert (await refused.hear()).startswith(b"421 ")
        assert await at.served(source="127.0.0.2") < 1
    assert len(held) == 50


async def test_a_flood_of_connections_keeps_nobody_else_out() -> None:
    async with opened() as at:
        flood = await asyncio.gather(*(at.call_unheard() for _ in range(600)))
        assert await at.served(source="127.0.0.2") < 1
        heard = [(await caller.hear())[:4] for caller in flood]
    assert sorted(heard) == [b"220 "] * smtp_room.MOST_FROM_ONE_PEER + [b"421 "] * 595


async def test_whoever_holds_all_places_loses_them_soon() -> None:
    async with opened(seconds=(3, 600)) as at:  # time for all of them to come, on a loaded machine too
        slow = [await at.call(f"127.0.0.{10 + each // 5}") for each in range(smtp_room.MOST_CALLERS)]
        for caller in slow:
            caller.writer.write(b"EHLO mail.exam")  # and never the rest
        refused = await at.call_unheard()
        assert (await refused.hear()).startswith(b"421 ")
        assert {(await caller.hear())[:4] for caller in slow} == {b"421 "}
        assert await at.served() < 1


async def test_slow_but_honest_is_served() -> None:
    async with opened() as at:
        caller = await at.call()
        for said in STEPS[1:]:
            for byte in said:
                caller.writer.write(bytes([byte]))
                await caller.writer.drain()
                await asyncio.sleep(0)
            assert (await caller.hear())[:1] in (b"2", b"3")
        for byte in MAIL + b".\r\n":
            caller.writer.write(bytes([byte]))
            await asyncio.sleep(0)
        assert (await caller.hear()).startswith(b"250 ")
    assert [mail.raw for mail in at.shelf.mails] == [MAIL]
