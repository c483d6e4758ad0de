"""Changes of a customer's address: asked for, proved at the new one, undone from the old one."""

from dataclasses import dataclass

from worker.core.email_address import identity
from worker.store.engine import Row, Tx


@dataclass(frozen=True, slots=True)
class EmailChange:
    """One change. `session_hash` is the browser that asked; the links' ids are secret."""

    id: str
    customer_id: str
    session_hash: str
    old_address: str
    new_address: str
    state: str
    proof_link: str
    undo_link: str
    asked_at: int
    confirmed_at: int | None


@dataclass(frozen=True, slots=True)
class NewEmailChange:
    """A change to be kept."""

    id: str
    customer_id: str
    session_hash: str
    old_address: str
    new_address: str
    proof_link: str
    undo_link: str
    asked_at: int


async def ask(tx: Tx, new: NewEmailChange) -> None:
    """Keep a change; an earlier one that waits for its proof is replaced."""
    await tx.run("email_change_replace", customer_id=new.customer_id)
    values = {name: getattr(new, name) for name in NewEmailChange.__dataclass_fields__}
    await tx.run("email_change_insert", **values, new_identity=identity(new.new_address))


async def asked_since(tx: Tx, customer_id: str, address: str, since: int) -> list[int]:
    """When changes were asked for by this customer, or to this address by anybody."""
    by = await tx.all("email_change_asked_by", customer_id=customer_id, since=since)
    to = await tx.all("email_change_asked_for", new_identity=identity(address), since=since)
    return sorted({row["asked_at"] for row in (*by, *to)})


async def by_id(tx: Tx, change_id: str) -> EmailChange | None:
    """The change of an id."""
    return _change(await tx.one("email_change_by_id", id=change_id))


async def by_proof(tx: Tx, link_id: str) -> EmailChange | None:
    """The change that the link at the new address names."""
    return _change(await tx.one("email_change_by_proof", proof_link=link_id))


async def by_undo(tx: Tx, link_id: str) -> EmailChange | None:
    """The change that the link at the old address names."""
    return _change(await tx.one("email_change_by_undo", undo_link=link_id))


async def confirm(tx: Tx, change_id: str, now: int, since: int) -> EmailChange | None:
    """It is proved, once only; None where it was asked for before `since`, or is settled."""
    return _change(await tx.one("email_change_confirm", id=change_id, now=now, since=since))


async def refuse(tx: Tx, change_id: str) -> None:
    """It can't be: the address is another customer's."""
    await tx.run("email_change_refuse", id=change_id)


async def undo(tx: Tx, change_id: str, now: int, since: int) -> EmailChange | None:
    """It is undone, once only; None where it was confirmed before `since`, or not at all."""
    return _change(await tx.one("email_change_undo", id=change_id, now=now, since=since))


async def end_all(tx: Tx, customer_id: str, now: int) -> list[EmailChange]:
    """No other change of this customer can be proved or undone any more; returns those that were."""
    changes = [_change(row) for row in await tx.all("email_changes_end", customer_id=customer_id, now=now)]
    return [change for change in changes if change is not None]


def _change(row: Row | None) -> EmailChange | None:
    return None if row is None else EmailChange(**{name: row[name] for name in EmailChange.__dataclass_fields__})
