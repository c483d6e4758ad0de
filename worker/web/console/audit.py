"""`/console/audit`, `/console/audit.csv`: who did what, to look at and to keep.

Rules: a page ends at a key, never at a count of rows to skip; the file is written page by page as it is read, and a
spreadsheet that opens it obeys nothing in it.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web

from worker.core.csv_lines import line
from worker.core.email_address import identity, normalise
from worker.core.instant import from_datetime, iso
from worker.render.console.audit import FIELDS, AuditPage, Noted, render_audit
from worker.store import audit, customers
from worker.store.audit import Entry, Sought
from worker.store.engine import Tx
from worker.web.answers import page
from worker.web.console.inside import Merchant, viewer_of
from worker.web.hub import HubServer

SHOWN = 50
_WRITTEN = 500
_LONGEST_TYPED = 320
_COLUMNS = ("at", "who", "what", "customer", "customer_id", "subject", "details")
_NOBODY = "nobody"
"""No customer has this id, so nothing is found for a stranger's address."""
_ROLES = ("command", "customer")


async def get_audit(hub: HubServer, request: web.Request, merchant: Merchant) -> web.Response:
    """A page of it."""
    typed = {name: request.query.get(name, "").strip()[:_LONGEST_TYPED] for name in FIELDS}
    asked = await _asked(hub, typed, request.query.get("before", ""))
    found = await _page(hub, asked.sought, SHOWN + 1)
    shown = found[:SHOWN]
    last = shown[-1].entry if len(found) > SHOWN else None
    told = AuditPage(
        entries=[_noted(each) for each in shown],
        typed=typed,
        wrong=asked.wrong,
        first=asked.sought.before is None,
        more=f"{last.at}.{last.id}" if last else None,
        people=(*hub.settings.console.merchants, *_ROLES),
    )
    status = 422 if asked.wrong else 200
    return page(render_audit(hub.stationery, hub.brand, viewer_of(hub, merchant), told), status)


async def get_audit_csv(hub: HubServer, request: web.Request, merchant: Merchant) -> web.StreamResponse:
    """All of it, or what was sought, as a file."""
    typed = {name: request.query.get(name, "").strip()[:_LONGEST_TYPED] for name in FIELDS}
    asked = await _asked(hub, typed, "")
    response = web.StreamResponse(headers={"Content-Disposition": 'attachment; filename="audit.csv"'})
    response.content_type, response.charset = "text/csv", "utf-8"
    await response.prepare(request)
    if request.method != "HEAD":
        await response.write(line(_COLUMNS).encode())
        async for lines in _lines(hub, asked.sought):
            await response.write(lines.encode())
    await response.write_eof()
    return response


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is sought, and which fields made no sense."""

    sought: Sought
    wrong: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Found:
    """An entry, and under which address its customer is known."""

    entry: Entry
    email: str | None


async def _asked(hub: HubServer, typed: Mapping[str, str], before: str) -> _Asked:
    wrong = set()
    sought = Sought(who=_who(typed["who"]), what=typed["what"] or None, before=_place(before))
    if typed["day"]:
        day = _day(typed["day"], hub.settings.business.timezone)
        if day is None:
            wrong.add("day")
        else:
            sought = replace(sought, since=day[0], until=day[1])
    if typed["customer"]:
        customer_id = await _customer(hub, typed["customer"])
        if customer_id is None:
            wrong.add("customer")
        sought = replace(sought, customer_id=customer_id or _NOBODY)
    return _Asked(sought, frozenset(wrong))


def _who(typed: str) -> str | None:
    return (identity(typed) if "@" in typed else typed) or None


def _place(before: str) -> tuple[int, str] | None:
    at, _, entry_id = before.partition(".")
    return (int(at), entry_id) if at.isascii() and at.isdigit() and len(at) <= 16 and entry_id else None


def _day(typed: str, timezone: str) -> tuple[int, int] | None:
    """When that day begins and ends there; None for what is no day, or none that we could know of."""
    zone = ZoneInfo(timezone)
    try:
        first = date.fromisoformat(typed)
        ends = [datetime(each.year, each.month, each.day, tzinfo=zone) for each in (first, first + timedelta(days=1))]
        return from_datetime(ends[0].astimezone(UTC)), from_datetime(ends[1].astimezone(UTC))
    except (ValueError, OverflowError):
        return None


async def _customer(hub: HubServer, typed: str) -> str | None:
    """The id of the customer that an address, or an id, names."""
    if "@" not in typed:
        found = await hub.store.read(lambda tx: customers.by_id(tx, typed))
        return found.id if found else None
    try:
        address = normalise(typed)
    except ValueError:
        return None
    found = await hub.store.read(lambda tx: customers.by_email(tx, address))
    return found.id if found else None


async def _page(hub: HubServer, sought: Sought, most: int) -> list[_Found]:
    async def body(tx: Tx) -> list[_Found]:
        entries = await audit.page(tx, sought, most)
        emails = await audit.emails_of(tx, entries)
        return [_Found(each, emails.get(each.customer_id or "")) for each in entries]

    return await hub.store.read(body)


def _noted(found: _Found) -> Noted:
    entry = found.entry
    customer = (entry.customer_id, found.email or entry.customer_id) if entry.customer_id is not None else None
    return Noted(entry.at, entry.who, entry.what, customer, entry.subject, entry.details)


async def _lines(hub: HubServer, sought: Sought) -> AsyncIterator[str]:
    """The file's lines, a page at a time: nothing is held in memory, and no long read in the database."""
    while True:
        found = await _page(hub, sought, _WRITTEN)
        if not found:
            return
        yield "".join(line(_cells(each)) for each in found)
        last = found[-1].entry
        sought = replace(sought, before=(last.at, last.id))


def _cells(found: _Found) -> tuple[str, ...]:
    entry = found.entry
    details = json.dumps(dict(entry.details), ensure_ascii=False) if entry.details else ""
    customer = (found.email or "", entry.customer_id or "")
    return (iso(entry.at), entry.who, entry.what, *customer, entry.subject or "", details)
