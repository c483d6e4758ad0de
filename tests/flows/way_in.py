"""The way in as people walk it: they ask, read the mail that comes, open its link, press its button."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.cookies import SimpleCookie
from typing import Any

from flows.hub import Answer, Visitor, sale, server_on
from support.databases import Database
from worker.actions.issue_receipt import Result, issue_receipt
from worker.core import tokens
from worker.core.policy import Policy
from worker.exit.letters import gather, write
from worker.hub_server import HubServer
from worker.store import invoices, outbox
from worker.store.engine import Tx
from worker.store.invoices import Purpose
from worker.store.outbox import MailKind
from worker.wiring.letters import writer_of
from worker.wiring.policy import policy_of

ADA, GRACE, STRANGER = "ada@example.com", "grace@example.org", "eve@example.net"
MAIL = {"from": "Harbour & Pine <shop@harbourandpine.example>", "smtp_url": "smtp://127.0.0.1:25"}
URL = re.compile(r"^https?://[^/]+(/access/\S+)$", re.MULTILINE)
CODE = re.compile(r"^ +([2-9A-Z]{4}-[2-9A-Z]{4})$", re.MULTILINE)
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
BROWSER = {"Sec-Fetch-Site": "same-origin", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


def server(database: Database, **changes: object) -> HubServer:
    limits = {"client_per_minute": 1_000_000, "per_minute": 1000, "per_hour": 1000, "per_day": 1000}
    return server_on(database, **{"mail": MAIL, "limits": limits, **changes})


@dataclass(eq=False)
class Browser:
    """Keeps cookies as a browser does; `says` are the headers it sends with every request."""

    visitor: Visitor
    says: Mapping[str, str] = field(default_factory=lambda: BROWSER)
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **options: Any) -> Answer:
        return await self._ask("GET", path, **options)

    async def post(self, path: str, **fields: str) -> Answer:
        return await self._ask("POST", path, data=fields)

    async def press(self, path: str, page: Answer, **fields: str) -> Answer:
        """Press the button of a page's form, its hidden fields included."""
        return await self.post(path, **{**dict(HIDDEN.findall(page.text)), **fields})

    async def _ask(self, method: str, path: str, **options: Any) -> Answer:
        says = dict(self.says)
        if self.cookies:
            says["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = await self.visitor.ask(method, path, headers=says, **options)
        for line in answer.headers.getall("Set-Cookie", []):  # type: ignore[attr-defined]
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
                if morsel["max-age"] == "0":
                    del self.cookies[name]
        return answer


async def buy(visitor: Visitor, address: str, number: int = 1, **changes: object) -> str:
    """A sale to that address and its receipt; returns the document's id."""
    said = sale(id=f"{address}-{number}", customer={"email": address, "name": f"{address[:3].title()} L."}, **changes)
    assert (await visitor.tell(said)).status == 201
    policy, fresh = policy_of(visitor.server.settings), visitor.server.fresh()
    [due] = await visitor.rows("transactions_due", now=fresh.now, most=10)
    return await visitor.database.store.write(lambda tx: _issue(tx, due["id"], policy, visitor))


async def _issue(tx: Tx, transaction_id: str, policy: Policy, visitor: Visitor) -> str:
    issued = await issue_receipt(tx, transaction_id, policy, visitor.server.fresh())
    assert issued.result is Result.ISSUED
    row = await tx.one("transaction_by_id", id=transaction_id)
    assert row is not None
    document = await invoices.of_payment(tx, row["payment_id"])
    assert document is not None
    return document.id


async def mails(visitor: Visitor, address: str, kind: MailKind = MailKind.ACCESS) -> list[EmailMessage]:
    """The mails of that kind to that address as the relay would get them, newest first."""
    hub = visitor.server
    writer = writer_of(hub.settings, hub.keys, hub.stationery, hub.brand)

    async def body(tx: Tx) -> list[bytes]:
        items = [item for item in await outbox.to_address(tx, address) if item.kind is kind]
        material = await gather(tx, items, "en")
        return [write(writer, item, material, hub.clock.now()).raw for item in items]

    raws = await visitor.database.store.read(body)
    return [message_from_bytes(raw, policy=policy.SMTP) for raw in raws]


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def link_of(mail: EmailMessage) -> str:
    """The path of the link in a mail."""
    [path] = URL.findall(text_of(mail))
    return str(path)


def code_of(mail: EmailMessage) -> str:
    [code] = CODE.findall(text_of(mail))
    return str(code)


async def ask(browser: Browser, address: str) -> Answer:
    """Enter an address on the form."""
    form = await browser.get("/updateinfo/")
    assert form.status == 200
    return await browser.press("/updateinfo/", form, email=address)


async def new_link(visitor: Visitor, address: str = ADA) -> str:
    """The path of a link that was just asked for."""
    assert (await ask(Browser(visitor), address)).status == 200
    return link_of((await mails(visitor, address))[0])


async def foot_of(visitor: Visitor, invoice_id: str) -> str:
    """The token of a receipt's foot link."""
    links = await visitor.database.store.read(lambda tx: invoices.links_of(tx, [invoice_id]))
    return tokens.sign(links[invoice_id][Purpose.FOOT], Purpose.FOOT, visitor.server.keys.secret_keys)


async def come_in(browser: Browser, address: str = ADA) -> Answer:
    """Ask, open the mail's link, press its button; returns the overview."""
    path = await new_link(browser.visitor, address)
    pressed = await browser.press(path, await browser.get(path))
    assert pressed.status == 303
    return await browser.get(pressed.headers["Location"])


async def everything(visitor: Visitor) -> list[Any]:
    """All that access keeps, to show that nothing changed."""

    async def body(tx: Tx) -> list[Any]:
        rows: list[Any] = []
        for item in await outbox.to_address(tx, ADA):
            link = item.params.get("link")
            rows.append((item.id, item.state, link and dict(await _row(tx, "access_link", id=link))))
        return rows

    return await visitor.database.store.read(body)


async def _row(tx: Tx, query: str, **values: object) -> Any:
    return await tx.one(query, **values)
