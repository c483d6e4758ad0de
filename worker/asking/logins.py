"""Asking a provider's API, with the login that some of them want first.

Rules: a token is kept in memory alone, by its account (so a changed key has none), and got anew a minute before its end
or when the provider refuses it; nothing is tried again here, for how long to wait is the asker's to decide.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from worker.core.web_call import Answer, Call, Caller, NoAnswer
from worker.sources.account import Account, Cause, Login, Token, Trouble

SPARE = 60.0
"""Seconds before its end at which a token is taken for ended: the question still has to get there."""
REFUSED = 401


@dataclass(frozen=True, slots=True)
class _Kept:
    token: Token
    until: float


@dataclass(slots=True)
class Logins:
    """Asks through `call`. `monotonic` is in seconds."""

    call: Caller
    monotonic: Callable[[], float] = time.monotonic
    _kept: dict[Account, _Kept] = field(default_factory=dict)

    async def ask(self, account: Account, login: Login | None, question: Callable[[Account], Call]) -> Answer | Trouble:
        """The provider's answer to a question, asked as `account`, or why there is none."""
        if login is None:
            return await self._answer(question(account))
        for _ in range(2):
            token, fresh = await self._token(account, login)
            if isinstance(token, Trouble):
                return token
            answer = await self._answer(question(replace(account, token=token.value)))
            if fresh or not isinstance(answer, Answer) or answer.status != REFUSED:
                return answer
            self._kept.pop(account, None)  # taken back before its time: once more with another
        return answer

    async def _token(self, account: Account, login: Login) -> tuple[Token | Trouble, bool]:
        """A token, and whether it was got just now."""
        kept = self._kept.get(account)
        if kept is not None and kept.until > self.monotonic():
            return kept.token, False
        answer = await self._answer(login.ask(account))
        token = login.read(answer) if isinstance(answer, Answer) else answer
        if isinstance(token, Token):
            self._kept[account] = _Kept(token, self.monotonic() + token.seconds - SPARE)
        return token, True

    async def _answer(self, call: Call) -> Answer | Trouble:
        answer = await self.call(call)
        if isinstance(answer, NoAnswer):
            return Trouble(Cause.LATER, f"no answer came: {answer.why.value}")
        return answer
