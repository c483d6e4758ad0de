"""Customers: an own id, their purchase emails, and what each source calls them.

Every function takes the transaction first and raises nothing of its own.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from worker.core import email_address
from worker.core.transaction import Address, Customer
from worker.store.engine import Row, Tx


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer's profile. `email` is where mails go now, None while only a provider's reference is known."""

    id: str
    email: str | None
    name: str | None
    company: str | None
    tax_id: str | None
    phone: str | None
    locale: str | None
    address: Address | None


@dataclass(frozen=True, slots=True)
class PurchaseEmail:
    """One of a customer's purchase emails; a retired one still finds the customer but gets no mail."""

    address: str
    customer_id: str
    retired_at: int | None


async def by_id(tx: Tx, customer_id: str) -> CustomerRow | None:
    """The customer of an id."""
    return _customer(await tx.one("customer_by_id", id=customer_id))


async def by_ref(tx: Tx, source: str, ref: str) -> CustomerRow | None:
    """The customer whom a source calls `ref`."""
    return _customer(await tx.one("customer_by_ref", source=source, ref=ref))


async def by_email(tx: Tx, address: str) -> CustomerRow | None:
    """The customer to whom a purchase email belongs, ASCII case folded."""
    return _customer(await tx.one("customer_by_email", identity=email_address.identity(address)))


async def make(tx: Tx, customer_id: str, told: Customer, now: int) -> CustomerRow:
    """A new customer as a transaction tells of them; the address, where there is one, is claimed next."""
    new = made(customer_id, told)
    await tx.run("customer_make", **_columns(new, now))
    return new


def made(customer_id: str, told: Customer) -> CustomerRow:
    """A customer of whom nothing is known but what is told here."""
    name, company, tax_id, phone = told.name or None, told.company or None, told.tax_id or None, told.phone or None
    address = told.address if any(_parts(told.address).values()) else None
    return CustomerRow(customer_id, told.email, name, company, tax_id, phone, told.locale, address)


async def put(tx: Tx, source: str, new: Mapping[str, tuple[CustomerRow, str | None]], now: int) -> None:
    """Keep new customers, each by its id with what the source calls them.

    Raises the database's error where a reference or an email belongs to somebody.
    """
    rows = [row for row, _ in new.values()]
    refs = [{"source": source, "ref": ref, "customer_id": row.id} for row, ref in new.values() if ref is not None]
    emails = [
        {"identity": email_address.identity(row.email), "address": row.email, "customer_id": row.id, "now": now}
        for row in rows
        if row.email is not None
    ]
    await tx.many("customers_make", [_columns(row, now) for row in rows])
    await tx.many("customer_refs_put", refs)
    await tx.many("customer_emails_put", emails)


async def by_refs(tx: Tx, source: str, refs: Iterable[str]) -> dict[str, CustomerRow]:
    """The customers whom a source calls by these references."""
    rows = await tx.all("customers_by_refs", source=source, refs=json.dumps(list(refs)))
    return {row["found_by"]: row_of(row) for row in rows}


async def by_emails(tx: Tx, identities: Iterable[str]) -> dict[str, CustomerRow]:
    """The customers to whom these purchase emails (by `email_address.identity`) belong."""
    rows = await tx.all("customers_by_emails", identities=json.dumps(list(identities)))
    return {row["found_by"]: row_of(row) for row in rows}


async def lock(tx: Tx, customer_id: str) -> None:
    """Have other transactions about this customer wait for the end of this one."""
    await tx.run("customer_lock", id=customer_id)


async def delete(tx: Tx, customer_id: str) -> None:
    """Forget a customer to whom nothing points any more."""
    await tx.run("customer_delete", id=customer_id)


async def claim_ref(tx: Tx, source: str, ref: str, customer_id: str) -> str:
    """Give a reference to the customer; returns whose it is now, which is another's if they were first."""
    row = await tx.one("customer_claim_ref", source=source, ref=ref, customer_id=customer_id)
    return _text(row, "customer_id")


async def claim_email(tx: Tx, address: str, customer_id: str, now: int) -> str:
    """Give a purchase email to the customer; returns whose it is now."""
    identity = email_address.identity(address)
    row = await tx.one("customer_claim_email", identity=identity, address=address, customer_id=customer_id, now=now)
    return _text(row, "customer_id")


async def set_email(tx: Tx, customer_id: str, address: str) -> None:
    """Mails go to `address` from now on. It must be one of the customer's purchase emails."""
    await tx.run("customer_set_email", id=customer_id, email=address)
    await tx.run("customer_restore_email", identity=email_address.identity(address))


async def retire_email(tx: Tx, address: str, now: int) -> None:
    """The address was replaced by another."""
    await tx.run("customer_retire_email", identity=email_address.identity(address), now=now)


async def emails(tx: Tx, customer_id: str) -> list[PurchaseEmail]:
    """All purchase emails of a customer, oldest first."""
    rows = await tx.all("customer_emails", customer_id=customer_id)
    return [PurchaseEmail(row["address"], row["customer_id"], row["retired_at"]) for row in rows]


async def refs(tx: Tx, customer_id: str) -> list[tuple[str, str]]:
    """What sources call a customer: (source, reference)."""
    return [(row["source"], row["ref"]) for row in await tx.all("customer_refs", customer_id=customer_id)]


async def fill(tx: Tx, customer_id: str, told: Customer) -> None:
    """Fill the empty fields of a profile with what a transaction said; never change a full one."""
    await tx.run("customer_fill", id=customer_id, locale=told.locale, **_profile(told))


async def update_profile(tx: Tx, customer_id: str, profile: Customer) -> None:
    """Replace a profile with what its owner wrote; the email and the language stay."""
    await tx.run("customer_update_profile", id=customer_id, **_profile(profile))


async def drop_email(tx: Tx, customer_id: str, address: str, added_at: int) -> None:
    """Forget an address that was added at this very moment, and so by nothing else."""
    identity = email_address.identity(address)
    await tx.run("customer_drop_email", identity=identity, customer_id=customer_id, added_at=added_at)


async def merge(tx: Tx, old_id: str, new_id: str) -> None:
    """All that points to the old customer points to the new one; the old one is gone.

    The old one has no address, and so nothing that begins with one: no document, mail, link, session or notice.
    """
    await tx.run("customer_move_refs", old_id=old_id, new_id=new_id)
    await tx.run("customer_move_transactions", old_id=old_id, new_id=new_id)
    await tx.run("customer_move_subscriptions", old_id=old_id, new_id=new_id)
    await tx.run("customer_move_actions", old_id=old_id, new_id=new_id)
    await tx.run("customer_move_declarations", old_id=old_id, new_id=new_id)
    await tx.run("customer_move_owned_declarations", old_id=old_id, new_id=new_id)
    await tx.run("customer_delete", id=old_id)


def as_told(row: CustomerRow) -> Customer:
    """The profile in the words of a transaction."""
    return Customer(row.email, None, row.name, row.company, row.tax_id, row.phone, row.locale, row.address)


def _customer(row: Row | None) -> CustomerRow | None:
    return None if row is None else row_of(row)


def row_of(row: Row) -> CustomerRow:
    """A customer's row as a value."""
    address = Address(**json.loads(row["address"])) if row["address"] else None
    return CustomerRow(
        row["id"],
        row["email"],
        row["name"],
        row["company"],
        row["tax_id"],
        row["phone"],
        row["locale"],
        address,
    )


def _columns(row: CustomerRow, now: int) -> dict[str, object]:
    said = {name: getattr(row, name) for name in ("id", "email", "name", "company", "tax_id", "phone", "locale")}
    return said | {"address": _address_json(row.address), "now": now}


def _profile(told: Customer) -> dict[str, str | None]:
    """What its owner may write of a profile, as the columns hold it."""
    said = {name: getattr(told, name) or None for name in ("name", "company", "tax_id", "phone")}
    return said | {"address": _address_json(told.address)}


def _address_json(address: Address | None) -> str | None:
    said = _parts(address)
    return json.dumps(said) if any(said.values()) else None


def _parts(address: Address | None) -> dict[str, str | None]:
    return {name: getattr(address, name) for name in Address.__dataclass_fields__} if address else {}


def _text(row: Row | None, column: str) -> str:
    assert row is not None, "an upsert with RETURNING gives a row"
    return str(row[column])
