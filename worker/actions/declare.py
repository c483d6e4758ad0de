"""Take a declaration: written down once with its time, confirmed by mail at once, and handed to the merchant.

Rules: whoever declares, known or not, sees and gets the same; the confirmation goes to the address that was typed and
repeats no more than was typed, within limits, for anybody can type anybody's address; a customer of that address gets
their own link besides, at the stored address. At the provider only what can be taken back is asked for by itself.
"""

from dataclasses import dataclass, replace

from worker.actions.cancel_subscription import CancelPolicy, cancel_subscription
from worker.actions.queue_mail import NewMail, queue_mail
from worker.actions.raise_alert import raise_alert
from worker.actions.request_link import Asked, request_link
from worker.core.access import AccessPolicy, Way
from worker.core.alert import AlertKind
from worker.core.allowance import all_declared, declared, reminded_declarations, told_declarations
from worker.core.cancelling import ends_at, verb_of
from worker.core.declaration import Declaration, Follows, Manner, Named, What, follows, numbers_in
from worker.core.email_address import identity
from worker.core.following import Followed
from worker.core.fresh import Fresh
from worker.core.instant import DAY, HOUR, iso
from worker.core.lost_address import Clue
from worker.core.policy import Policy
from worker.core.rights import Act
from worker.sources.offers import as_it_will_be
from worker.sources.ways import Ways, by_program
from worker.store import allowances, audit, customers, declarations, lost, outbox, provider_actions, subscriptions
from worker.store.audit import Entry
from worker.store.declarations import DeclarationRow
from worker.store.engine import Tx
from worker.store.outbox import MailKind

MOST_MERCHANTS = 5
REMIND_AFTER = DAY


@dataclass(frozen=True, slots=True)
class DeclarePolicy:
    """What the merchant allows and whom a declaration is handed to."""

    cancelling: CancelPolicy
    access: AccessPolicy
    alerts: Policy


@dataclass(frozen=True, slots=True)
class Press:
    """Where it was declared: `page` is the secret of the page that was pressed, `client` the network, `customer_id` who
    was in, None for who was not.
    """

    page: str
    locale: str
    client: str | None = None
    customer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """`row` is what is written down; `mailed`: its confirmation is on its way, by this press or an earlier one."""

    row: DeclarationRow
    mailed: bool


async def declare(tx: Tx, said: Declaration, press: Press, policy: DeclarePolicy, fresh: Fresh) -> Declared:
    """Write it down and have everybody told; twice is the same as once."""
    customer = await customers.by_email(tx, said.email)
    owners = await lost.customers_of(tx, Clue(numbers=numbers_in(said.contract)))
    row = DeclarationRow(
        id=fresh.new_id(),
        said=said,
        received_at=fresh.now,
        locale=press.locale,
        customer_id=press.customer_id or (customer.id if customer else None),
        owner_id=next(iter(owners)) if len(owners) == 1 else None,
        proven=press.customer_id is not None,
    )
    before = await declarations.add(tx, row, said.digest(press.page))
    if before is not None:
        return Declared(before, mailed=True)
    details = {"what": said.what.value, "received_at": fresh.now}
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, "web", "declared", row.customer_id, row.id, details))
    mailed = await _confirm(tx, row, policy, fresh)
    if said.what is What.CANCEL and not row.proven:
        await _lead_in(tx, said, press, policy, fresh)
    asked = await _act(tx, row, policy, fresh)
    await _tell_merchant(tx, row, policy, fresh)
    if not asked or said.manner is Manner.EXTRAORDINARY:
        await _remind_merchant(tx, row, policy, fresh)
    return Declared(row, mailed)


async def settle_declaration(tx: Tx, declaration_id: str, who: str, fresh: Fresh) -> bool:
    """The merchant saw to it; False where that was said before, or there is none."""
    row = await declarations.settle(tx, declaration_id, fresh.now, who)
    if row is None:
        return False
    for number in range(MOST_MERCHANTS):
        await outbox.call_off(tx, _reminder(declaration_id, number), fresh.now)
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, who, "declaration_settled", row.customer_id, row.id))
    return True


async def _confirm(tx: Tx, row: DeclarationRow, policy: DeclarePolicy, fresh: Fresh) -> bool:
    """The confirmation goes where it was asked to, known or not; False where that address had too many of them."""
    if not await allowances.take(tx, declared(row.said.email), fresh.now):
        return False
    wait = 0 if await allowances.take(tx, all_declared(), fresh.now) else HOUR
    domain, about = policy.cancelling.message_domain, {"declaration": row.id}
    await queue_mail(tx, NewMail(MailKind.DECLARATION_RECEIVED, row.said.email, domain, about, wait=wait), fresh)
    return True


async def _lead_in(tx: Tx, said: Declaration, press: Press, policy: DeclarePolicy, fresh: Fresh) -> None:
    """A customer gets the link to their own pages, to do it there or to take it back; a stranger takes as long."""
    asked = Asked(Way.DECLARATION, said.email, client=press.client, intent="cancel")
    await request_link(tx, asked, policy.access, fresh)


async def _act(tx: Tx, row: DeclarationRow, policy: DeclarePolicy, fresh: Fresh) -> bool:
    """Have the provider asked, where that can be taken back; False where that is left to a person."""
    if row.customer_id is None:
        return False
    found = await _named(tx, row, fresh)
    named = [_as_named(each, policy.cancelling.ways, fresh.now) for each in found]
    if follows(row.said, known=await _is_current(tx, row), named=named) is Follows.PERSON:
        return False
    name = (found[0].source, found[0].ref)
    done = await cancel_subscription(tx, row.customer_id, name, policy.cancelling, fresh)
    if done.cancel is not None:
        await declarations.asked(tx, row.id, done.cancel.id)
    return done.cancel is not None


def _as_named(row: Followed, ways: Ways, now: int) -> Named:
    able, ends = by_program(row, ways), ends_at(row.term, now)
    # Whether its end can be taken back is for it to say as it stands then.
    able = replace(able, undo_cancel=by_program(replace(row, cancel_at=ends), ways).undo_cancel)
    return Named(iso(ends)[:10], verb_of(Act.CANCEL, row.term, able, now), able)


async def _named(tx: Tx, row: DeclarationRow, fresh: Fresh) -> list[Followed]:
    """The customer's subscriptions that its numbers name, and that run or are about to be kept."""
    assert row.customer_id is not None, "asked for a customer's alone"
    names = await declarations.named(tx, row.customer_id, numbers_in(row.said.contract))
    found = [await subscriptions.one_of(tx, *name, row.customer_id) for name in names]
    rows = [await _as_it_will_be(tx, each) for each in found if each is not None]
    return [each for each in rows if each.term.runs]


async def _as_it_will_be(tx: Tx, row: Followed) -> Followed:
    action = await provider_actions.open_of(tx, row.source, row.ref)
    return as_it_will_be(row, action.verb if action is not None else None)


async def _is_current(tx: Tx, row: DeclarationRow) -> bool:
    """Whether it names the very address that the customer's mails go to, so that the customer hears of it."""
    customer = await customers.by_id(tx, row.customer_id) if row.customer_id is not None else None
    return customer is not None and customer.email is not None and identity(customer.email) == identity(row.said.email)


async def _tell_merchant(tx: Tx, row: DeclarationRow, policy: DeclarePolicy, fresh: Fresh) -> None:
    """One by one while they are few; of a flood the merchant hears once a day, with a list."""
    if not row.proven and not await allowances.take(tx, told_declarations(), fresh.now):
        await raise_alert(tx, AlertKind.DECLARATIONS_HELD, policy.alerts, fresh)
        return
    for address in policy.cancelling.merchant[:MOST_MERCHANTS]:
        await queue_mail(tx, _task(MailKind.DECLARATION_TODO, address, row, policy), fresh)


async def _remind_merchant(tx: Tx, row: DeclarationRow, policy: DeclarePolicy, fresh: Fresh) -> None:
    """Tomorrow, if nobody saw to it until then and it came when they were few."""
    if not row.proven and not await allowances.take(tx, reminded_declarations(), fresh.now):
        return
    for number, address in enumerate(policy.cancelling.merchant[:MOST_MERCHANTS]):
        task = _task(MailKind.DECLARATION_REMINDER, address, row, policy)
        await queue_mail(tx, replace(task, once_key=_reminder(row.id, number), wait=REMIND_AFTER), fresh)


def _task(kind: MailKind, address: str, row: DeclarationRow, policy: DeclarePolicy) -> NewMail:
    return NewMail(kind, address, policy.cancelling.message_domain, {"declaration": row.id})


def _reminder(declaration_id: str, number: int) -> str:
    return f"declaration reminder:{declaration_id}:{number}"
