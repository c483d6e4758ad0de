"""Every golden mail through the real doors of the running program: what becomes of it, and who hears of it."""

from collections.abc import Sequence
from pathlib import Path

from flows.test_sale_becomes_receipt import text_of
from mails.golden import Golden, golden_mails
from mails.replay import Came, WayIn, became, in_their_order, listening_shop, outcome_table, sell_to, watching_shop
from support.dovecot import Dovecot
from support.sink import Sink
from worker.mail.classify import Outcome

PEOPLE = "help@example.org"
"""Where the words of people go."""
RECEIPT_AND_LINK = 2


async def test_every_golden_mail_by_the_listener(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with listening_shop(sink, tmp_path, store_url) as way:
        await replay(way, sink)


async def test_every_golden_mail_by_the_mailbox(sink: Sink, tmp_path: Path, store_url: str, dovecot: Dovecot) -> None:
    async with watching_shop(sink, tmp_path, store_url, dovecot) as way:
        await replay(way, sink)


async def replay(way: WayIn, sink: Sink) -> None:
    """Bring all, and wait until whoever must hear of them has heard."""
    brought = in_their_order(mail for mail in golden_mails() if way.takes(mail))
    kept = [(mail, outcome) for mail, outcome in brought if outcome is not Outcome.DUPLICATE]
    await sink.wait_for(await sell_to(way.running, [mail for mail, _ in brought]))
    await way.bring([mail for mail, _ in brought])
    came = await became(way.running, len(kept))
    judge(kept, came)
    wanted = sorted(mail.sender or "" for mail, outcome in kept if outcome is Outcome.LINK_REQUEST)
    while any(len(sink.mails_to(address)) < RECEIPT_AND_LINK for address in wanted):
        await sink.wait_for(len(sink.mails) + 1)
    while len(sink.mails_to(PEOPLE)) < sum(each.forwarded for each in came):
        await sink.wait_for(len(sink.mails) + 1)
    assert linked(sink) == wanted


def judge(mails: Sequence[tuple[Golden, Outcome]], came: Sequence[Came]) -> None:
    """Prints the table; each mail must have become what is expected, and have been forwarded or not."""
    pairs = list(zip(mails, came, strict=True))
    print("\n" + outcome_table((str(outcome), each.outcome) for (_, outcome), each in pairs))
    assert [(mail.name, outcome, each) for (mail, outcome), each in pairs if each.outcome != outcome] == []
    told = [(mail, each) for (mail, _), each in pairs if mail.forwarded is not None]
    assert [(mail.name, each) for mail, each in told if each.forwarded != mail.forwarded] == []


def linked(sink: Sink) -> list[str]:
    """Whom links were mailed to."""
    return sorted(
        recipient
        for mail in sink.mails
        for recipient in mail.recipients
        if recipient != PEOPLE and "/access/" in text_of(mail.message())
    )
