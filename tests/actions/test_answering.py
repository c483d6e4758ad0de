"""Who is answered how often: proven strangers once a day, and whoever answers a link's mail has that link."""

import pytest

from actions.test_receive_mail import PROVEN, begin, keep, receive
from support.desk import Desk, rich
from worker.mail.authentication import UNKNOWN, Authentication
from worker.mail.classify import Outcome

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
DAY = 24 * 3600
STRANGER = "nobody@example.net"


async def write(desk: Desk, *lines: str, origin: Authentication = UNKNOWN) -> Outcome:
    kept = await begin(desk, await keep(desk, *lines))
    assert kept is not None
    end = await receive(desk, kept, origin)
    assert end is not None
    return end.outcome


async def test_a_proven_stranger_is_answered_once_a_day(desk: Desk) -> None:
    for number in range(3):
        said = (f"From: {STRANGER}", f"Message-ID: <{number}@example.net>", "Subject: access", "", "")
        assert await write(desk, *said, origin=PROVEN) is Outcome.STRANGER
        await desk.database.pass_seconds(61)
    [answer] = await desk.mails(STRANGER)
    assert answer.kind.value == "stranger"
    assert answer.params == {"in_reply_to": "<0@example.net>", "references": ["<0@example.net>"]}
    await desk.database.pass_seconds(DAY)
    await write(desk, f"From: {STRANGER}", "Subject: access", "", "", origin=PROVEN)
    assert len(await desk.mails(STRANGER)) == 2


async def test_an_unproven_stranger_hears_nothing(desk: Desk) -> None:
    assert await write(desk, f"From: {STRANGER}", "Subject: access", "", "") is Outcome.STRANGER
    assert await desk.mails(STRANGER) == []


async def test_all_strangers_together_are_answered_sixty_times_an_hour_at_once(desk: Desk) -> None:
    for number in range(70):
        await write(desk, f"From: n{number}@example.net", "Subject: access", "", "", origin=PROVEN)
    answered = [await desk.mails(f"n{number}@example.net") for number in range(70)]
    assert sum(map(len, answered)) == 60


@pytest.mark.parametrize("threaded", [True, False])
async def test_who_answers_a_link_s_mail_gets_no_other_for_a_day(desk: Desk, threaded: bool) -> None:
    await desk.tell(rich("T-1"))
    await desk.issue()
    assert await write(desk, "From: ada@example.com", "Subject: access", "", "") is Outcome.LINK_REQUEST
    link = next(item for item in await desk.mails() if item.kind.value == "access")
    await desk.database.pass_seconds(120)
    thread = (f"In-Reply-To: {link.message_id}",) if threaded else ()
    reply = ("From: ada@example.com", "Subject: Re: your link", *thread, "", "The link doesn't work")
    assert await write(desk, *reply) is Outcome.OVER_LIMIT
    assert await write(desk, *reply, "at all", origin=PROVEN) is Outcome.OVER_LIMIT
    assert len(await desk.mails("help@shop.example")) == 2
    await desk.database.pass_seconds(DAY)
    assert await write(desk, *reply, "still") is Outcome.LINK_REQUEST
