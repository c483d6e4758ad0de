"""Asking an API that wants a login first: one token for many questions, and another when it has ended."""

import json
from dataclasses import dataclass, field

import pytest

from worker.asking.logins import Logins
from worker.core.web_call import Answer, Call, NoAnswer, Why
from worker.sources.account import Account, Cause, Login, Token, Trouble

ACCOUNT = Account("client:secret")


def ask_login(account: Account) -> Call:
    return Call("https://api.example/token", "POST", {"Authorization": account.key})


def read_login(answer: Answer) -> Token | Trouble:
    if answer.status != 200:
        return Trouble(Cause.DENIED, "the key is refused")
    said = json.loads(answer.body)
    return Token(said["token"], said["seconds"])


LOGIN = Login(ask_login, read_login)


def question(account: Account) -> Call:
    return Call("https://api.example/customers/1", headers={"Authorization": account.token or account.key})


@dataclass
class Api:
    """Hands out tokens and knows the last one. `down` answers nothing."""

    seconds: int = 600
    down: bool = False
    keys: tuple[str, ...] = ("client:secret",)
    good: str = ""
    logins: int = 0
    asked: list[str] = field(default_factory=list)

    async def __call__(self, call: Call) -> Answer | NoAnswer:
        said = call.headers["Authorization"]
        if self.down:
            return NoAnswer(Why.NOBODY_THERE)
        if call.method == "GET":
            self.asked.append(said)
            return Answer(200 if said in (self.good, *self.keys) else 401, {}, b"{}")
        if said not in self.keys:
            return Answer(401, {}, b"{}")
        self.logins += 1
        self.good = f"token-{self.logins}"
        return Answer(200, {}, json.dumps({"token": self.good, "seconds": self.seconds}).encode())


async def test_without_a_login_the_key_goes_as_it_is() -> None:
    api = Api()
    assert await Logins(api).ask(ACCOUNT, None, question) == Answer(200, {}, b"{}")
    assert (api.logins, api.asked) == (0, ["client:secret"])


async def test_one_token_serves_until_shortly_before_its_end() -> None:
    api, now = Api(seconds=600), [0.0]
    logins = Logins(api, lambda: now[0])
    for at in (0.0, 539.0, 541.0, 542.0):
        now[0] = at
        await logins.ask(ACCOUNT, LOGIN, question)
    assert api.asked == ["token-1", "token-1", "token-2", "token-2"]


async def test_a_token_that_was_taken_back_is_replaced_once() -> None:
    api = Api()
    logins = Logins(api)
    await logins.ask(ACCOUNT, LOGIN, question)
    api.good = "taken back"
    assert await logins.ask(ACCOUNT, LOGIN, question) == Answer(200, {}, b"{}")
    assert api.asked == ["token-1", "token-1", "token-2"]


async def test_a_refusal_of_a_new_token_is_the_answer() -> None:
    api = Api()

    async def forgetful(call: Call) -> Answer | NoAnswer:
        answer = await api(call)
        api.good = "another"
        return answer

    answer = await Logins(forgetful).ask(ACCOUNT, LOGIN, question)
    assert isinstance(answer, Answer)
    assert (answer.status, api.logins) == (401, 1)


async def test_each_account_has_a_token_of_its_own_and_a_changed_key_none() -> None:
    api = Api(keys=("client:secret", "client:other"))
    logins = Logins(api)
    await logins.ask(ACCOUNT, LOGIN, question)
    await logins.ask(Account("client:other"), LOGIN, question)
    refused = await logins.ask(Account("client:wrong"), LOGIN, question)
    assert (api.logins, refused) == (2, Trouble(Cause.DENIED, "the key is refused"))


@pytest.mark.parametrize("login", [None, LOGIN])
async def test_no_answer_is_for_later(login: Login | None) -> None:
    found = await Logins(Api(down=True)).ask(ACCOUNT, login, question)
    assert found == Trouble(Cause.LATER, "no answer came: nobody there")
