"""Mail comes in by the program's own door: it is kept, answered with a link where it may be, and nothing is lost."""

import asyncio
import json
import re
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path

from flows.test_sale_becomes_receipt import shop, text_of
from support.ports import free_port
from support.program import Running
from support.sales import sale
from support.sink import Mail, Sink


class Door:
    """The shop's mail door as another mail server sees it."""

    def __init__(self, running: Running, sink: Sink, port: int) -> None:
        self.running, self.sink, self.port = running, sink, port

    async def bring(self, mail: EmailMessage, sender: str | None = None, to: str = "access@example.org") -> None:
        envelope = str(mail["From"]) if sender is None else sender
        await asyncio.to_thread(self._bring, mail.as_bytes(policy=mail.policy.clone(linesep="\r\n")), envelope, to)

    def _bring(self, raw: bytes, sender: str, to: str) -> None:
        with smtplib.SMTP("127.0.0.1", self.port, timeout=10) as session:
            session.sendmail(sender, [to], raw)

    async def inbox(self) -> dict[str, int]:
        code, out, _ = await self.running.program.command("status", "--json")
        assert code == 0
        found: dict[str, int] = json.loads(out)["inbox"]
        return found

    async def settled(self, count: int) -> dict[str, int]:
        """What became of mails, once so many are settled."""
        async with asyncio.timeout(20):
            while True:
                found = await self.inbox()
                if sum(n for outcome, n in found.items() if outcome != "waiting") >= count:
                    return found


@asynccontextmanager
async def door(sink: Sink, state_dir: Path, store_url: str) -> AsyncIterator[Door]:
    port = free_port()
    listen = {"LETTERKEY_INBOUND__SMTP_LISTEN": f"127.0.0.1:{port}"}
    async with shop(sink, state_dir, store_url, **listen) as running:
        await running.tell([sale(1)])
        await sink.wait_for(1)
        yield Door(running, sink, port)


def mail(text: str, sender: str = "buyer1@example.com", subject: str = "", **headers: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "access@example.org", subject
    made["Message-ID"] = f"<{abs(hash((text, sender, subject)))}@mail.example.com>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def links_to(sink: Sink, address: str) -> list[Mail]:
    return [each for each in sink.mails_to(address) if "/access/" in text_of(each.message())]


async def test_a_mail_of_a_customer_is_answered_with_the_link(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with door(sink, tmp_path, store_url) as at:
        asked = mail("\n", subject="access")
        await at.bring(asked)
        await sink.wait_for(2)
        assert await at.settled(1) == {"link_request": 1}
    [answer] = links_to(sink, "buyer1@example.com")
    message = answer.message()
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["In-Reply-To"] == asked["Message-ID"]
    assert message["References"] == asked["Message-ID"]
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["X-Letterkey-Loop"] == "1"
    assert message["Precedence"] is None
    assert len(sink.mails) == 2  # the receipt and the link: there was nothing to forward


async def test_an_answer_s_envelope_names_it_and_its_thread_is_no_longer_than_needed(
    sink: Sink, tmp_path: Path, store_url: str
) -> None:
    listen = {"LETTERKEY_INBOUND__SMTP_LISTEN": f"127.0.0.1:{(port := free_port())}"}
    bounces = {"LETTERKEY_MAIL__BOUNCE_ADDRESS": "bounces@example.org"}
    async with shop(sink, tmp_path, store_url, **listen, **bounces) as running:
        await running.tell([sale(1)])
        await sink.wait_for(1)
        thread = [f"<{number}@mail.example.com>" for number in range(60)]
        await Door(running, sink, port).bring(mail("\n", subject="access", References=" ".join(thread)))
        await sink.wait_for(2)
    [answer] = links_to(sink, "buyer1@example.com")
    assert re.fullmatch(r"bounces\+[a-z0-9-]+@example\.org", answer.sender)
    assert answer.sender != sink.mails[0].sender
    named = answer.message()["References"].split()
    assert len(named) <= 20
    assert named[-1] == answer.message()["In-Reply-To"]


async def test_a_reply_to_a_receipt_gets_the_link_and_its_words_reach_a_person(
    sink: Sink, tmp_path: Path, store_url: str
) -> None:
    async with door(sink, tmp_path, store_url) as at:
        receipt = sink.mails[0].message()
        words = "Straße 5 is wrong, please correct it.\n\nOn Monday the shop wrote:\n> Invoice\n"
        reply = mail(words, sender="ada@elsewhere.example", subject="Re: receipt", In_Reply_To=receipt["Message-ID"])
        await at.bring(reply)
        await sink.wait_for(3)
    assert len(links_to(sink, "buyer1@example.com")) == 1
    assert links_to(sink, "ada@elsewhere.example") == []
    [forwarded] = sink.mails_to("help@example.org")
    message = forwarded.message()
    assert message["Reply-To"] == "ada@elsewhere.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "sender not verified" in message["Subject"]
    assert "Straße 5 is wrong" in text_of(message)
    [original] = list(message.iter_attachments())
    assert original.get_filename() == "original.eml"
    assert reply["Message-ID"].encode() in (original.get_payload(decode=True) or original.as_bytes())


async def test_a_stranger_is_met_with_silence(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with door(sink, tmp_path, store_url) as at:
        await at.bring(mail("\n", sender="nobody@example.net"))
        assert await at.settled(1) == {"stranger": 1}
        assert [item["state"] for item in await outbox(at)] == []
    assert len(sink.mails) == 1


async def outbox(at: Door) -> list[dict[str, str]]:
    code, out, _ = await at.running.program.command("status", "--json")
    assert code == 0
    counts = json.loads(out)["outbox"]
    return [{"state": state} for state in ("due", "deferred", "sending", "failed") for _ in range(counts[state])]


async def test_robots_lists_and_bounces_are_met_with_silence(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with door(sink, tmp_path, store_url) as at:
        receipt = sink.mails[0].message()["Message-ID"]
        await at.bring(mail("I am away", Auto_Submitted="auto-replied", In_Reply_To=receipt))
        await at.bring(mail("News", subject="list", List_Id="<list.example>", In_Reply_To=receipt))
        await at.bring(mail("It failed", subject="bounce", In_Reply_To=receipt), sender="")
        assert await at.settled(3) == {"automatic": 1, "list": 1, "bounce": 1}
        assert await outbox(at) == []
    assert len(sink.mails) == 1


async def test_what_is_for_the_keeper_of_the_domain_reaches_a_person(
    sink: Sink, tmp_path: Path, store_url: str
) -> None:
    async with door(sink, tmp_path, store_url) as at:
        await at.bring(mail("Your server sends spam"), to="abuse@example.org")
        await sink.wait_for(2)
        assert await at.settled(1) == {"for_people": 1}
    [forwarded] = sink.mails_to("help@example.org")
    assert "Your server sends spam" in text_of(forwarded.message())
