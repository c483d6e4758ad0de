"""A payment provider of the tests' own: a real HTTP server with subscriptions, idempotency keys and scripted trouble.

It also stands for a shop's own endpoint, at `/hook`. Each request takes the next of `script` (when empty: all is well):
a status with what it asks to wait (`429 7`), or `hang`, `reset`, `garbage`, `silent` (taken, and nothing said), `slow`
(done, but the answer waits until `let_go`), `other` (the answer says that it runs on).
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from support.databases import START
from worker.core.following import Followed
from worker.core.instant import DAY
from worker.core.provider_action import Capabilities, Verb
from worker.core.transaction import Customer, Kind, Subscription, Transaction
from worker.core.web_call import Answer, Call
from worker.sources.account import Account, Cause, Login, Token, Trouble
from worker.sources.acting import Acting, Asked, Done, Replied, Returned, Then
from worker.sources.ways import Endpoint, Reach, Ways

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ENDS = START + 30 * DAY
_CALL_SECONDS = 0.5


@dataclass(eq=False)
class Provider:
    """`asked` is (verb, subscription, key) of each request, `done` counts what was carried out, by key."""

    url: str = ""
    script: list[str] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    logins: int = 0
    hooks: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def act(self, request: web.Request) -> web.StreamResponse:
        verb, ref, key = request.match_info["verb"], request.match_info["ref"], request.headers["Idempotency-Key"]
        self.asked.append((verb, ref, key))
        return await self._answer(request, key, {"verb": verb})

    async def hook(self, request: web.Request) -> web.StreamResponse:
        self.hooks.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        return await self._answer(request, request.headers["webhook-id"], {})

    async def login(self, request: web.Request) -> web.Response:
        self.logins += 1
        return web.json_response({"token": f"token-{self.logins}"})

    async def _answer(self, request: web.Request, key: str, said: dict[str, str]) -> web.StreamResponse:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.came.set()
        try:
            return await self._scripted(request, key, said)
        finally:
            self.at_once -= 1

    async def _scripted(self, request: web.Request, key: str, said: dict[str, str]) -> web.StreamResponse:
        step = self.script.pop(0) if self.script else "ok"
        if step[0].isdigit():
            status, _, wait = step.partition(" ")
            return web.json_response({"error": step}, status=int(status), headers={"Retry-After": wait} if wait else {})
        if step == "hang":
            await self.let_go.wait()
        if step == "reset":
            assert request.transport is not None
            request.transport.abort()
        if step == "garbage":
            return web.Response(body=b"\xff<html>not what you expect")
        self.done[key] = 1  # a key that came before is answered as then, and nothing is done
        if step == "slow":
            await self.let_go.wait()
        return web.json_response({} if step == "silent" else {**said, "runs": step == "other"})

    @property
    def ways(self) -> Ways:
        """`paid` has an API, `logs` one that wants a login, `shop` an endpoint of its own, and all else nobody."""
        account = Account("key", self.url)
        return Ways(
            {
                "paid": Reach(ACTING, account),
                "logs": Reach(LOGGED, account),
                "shop": Reach(endpoint=Endpoint(f"{self.url}/hook", (SECRET,))),
            },
            pause_by_hand=True,
        )


@asynccontextmanager
async def running_provider() -> AsyncIterator[Provider]:
    provider = Provider()
    app = web.Application()
    app.add_routes(
        [
            web.post("/act/{verb}/{ref}", provider.act),
            web.post("/hook", provider.hook),
            web.post("/login", provider.login),
        ]
    )
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield provider
    finally:
        provider.let_go.set()
        await runner.cleanup()


def _able(row: Followed) -> Capabilities:
    return Capabilities(**dict.fromkeys((verb.value for verb in Verb), True))


def _ask(account: Account, asked: Asked) -> Call:
    url = f"{account.url}/act/{asked.verb.value}/{asked.subscription or asked.customer}"
    headers = {"Idempotency-Key": asked.key, "Authorization": account.token or account.key}
    return Call(url, "POST", headers, b"", _CALL_SECONDS)


def _read(account: Account, asked: Asked, returned: Returned) -> Replied:
    answer = returned.answer
    if answer.status == 303:  # once more, as asked before
        return Then(_ask(account, asked), returned.step + 1)
    if answer.status != 200:
        cause = {401: Cause.DENIED, 404: Cause.LOST, 422: Cause.FAILED}.get(answer.status, Cause.LATER)
        wait = answer.headers.get("retry-after")
        return Trouble(cause, f"it said {answer.status}", float(wait) if wait else None)
    try:
        said = json.loads(answer.body)
    except ValueError:
        return Trouble(Cause.FAILED, "what it answered can't be read")
    return Done((_told(asked, returned, runs=said["runs"]),)) if said else Done()


def _told(asked: Asked, returned: Returned, *, runs: bool) -> Transaction:
    status = {Verb.CANCEL_NOW: "cancelled", Verb.PAUSE: "paused"}.get(asked.verb, "active")
    ends = ENDS if asked.verb is Verb.CANCEL_AT_PERIOD_END else None
    stands = Subscription(ref=asked.subscription or "none", status="active" if runs else status)  # type: ignore[arg-type]
    if not runs and ends:
        stands = Subscription(ref=stands.ref, status="active", cancel_at=ends)
    return Transaction(
        id=f"told:{asked.key}:{returned.at}",
        kind=Kind.SUBSCRIPTION_CHANGED,
        occurred_at=returned.at,
        customer=Customer(ref=asked.customer),
        subscription=stands,
    )


def _ask_login(account: Account) -> Call:
    return Call(f"{account.url}/login", "POST", seconds=_CALL_SECONDS)


def _read_login(answer: Answer) -> Token | Trouble:
    return Token(json.loads(answer.body)["token"], 600) if answer.status == 200 else Trouble(Cause.LATER, "no login")


ACTING = Acting("paid", _able, _ask, _read)
LOGGED = Acting("logs", _able, _ask, _read, Login(_ask_login, _read_login))
