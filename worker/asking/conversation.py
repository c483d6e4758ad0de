"""A conversation with a provider: one thing asked of it, in as many questions as that takes.

Rules: nothing is kept and nothing tried again here; every end is a value.
"""

from collections.abc import Callable
from dataclasses import dataclass

from worker.asking.logins import Logins
from worker.core.web_call import Answer, Call
from worker.sources.account import Account, Cause, Trouble
from worker.sources.acting import MOST_STEPS, Acting, Asked, Done, Page, Returned, Then


@dataclass(frozen=True, slots=True)
class Spoken:
    """How it ended; `status` is that of the last answer, None where none came."""

    end: Done | Page | Trouble
    status: int | None = None


async def converse(logins: Logins, acting: Acting, account: Account, asked: Asked, now: Callable[[], int]) -> Spoken:
    """Ask it and follow where the answers lead. `now` gives UTC microseconds."""
    speaker = account

    def first(known: Account) -> Call:
        nonlocal speaker
        speaker = known  # with the token, which the questions after this one need too
        return acting.ask(known, asked)

    answer, step = await logins.ask(account, acting.login, first), 0
    for left in reversed(range(MOST_STEPS)):
        if isinstance(answer, Trouble):
            return Spoken(answer)
        replied = acting.read(speaker, asked, Returned(answer, step, now()))
        if not isinstance(replied, Then):
            return Spoken(replied, answer.status)
        if not left:
            break
        answer, step = await _follow(logins, account, replied.call), replied.step
    return Spoken(Trouble(Cause.FAILED, "the provider leads from question to question, to no end"))


async def _follow(logins: Logins, account: Account, call: Call) -> Answer | Trouble:
    return await logins.ask(account, None, lambda _: call)
