"""What PayPal's objects say alike, in the shapes of both generations: amounts, times, people, links.

Amounts are decimal texts in major units, whatever the currency: "30.00", "1000" or "1000.00" yen alike.
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from worker.core import instant
from worker.core.instant import HOUR
from worker.core.transaction import Address, Customer
from worker.sources.picking import Amounts, Pick, amounts_in, made

_MAJOR: Final = 0
"""No decimals are hidden in PayPal's numbers."""
_SANDBOX: Final = "sandbox.paypal.com"


def money_of(amount: Pick) -> tuple[Amounts, int]:
    """The currency and the sum of an amount, older (`currency`, `total`) or newer (`currency_code`, `value`)."""
    code = amount["currency_code"] if amount["currency_code"].value else amount["currency"]
    money = amounts_in(code, _MAJOR)
    return money, money.required(_number(amount))


def sum_in(amount: Pick, money: Amounts) -> int:
    """The sum of an amount that belongs to another one and has its currency; 0 where there is none."""
    return money.or_zero(_number(amount))


def moment_of(*told: Pick) -> int | None:
    """UTC microseconds of the first of these times that is told."""
    found = next((pick for pick in told if pick.text()), None)
    if found is None:
        return None
    try:
        return instant.parse(found.text() or "")
    except ValueError as error:
        return found.refuse(str(error))


def is_test(event: Pick) -> bool:
    """Whether it comes from the sandbox, as its links tell."""
    return any(host.endswith(_SANDBOX) for host in _hosts(event["links"], event["resource"]["links"]))


def linked(told: Pick, kind: str, *relations: str) -> str | None:
    """The id at the end of the link to an object of this kind, such as `captures`."""
    for link in told["links"].each():
        if link["rel"].value in relations:
            *_, parent, name = ("", *(link["href"].text() or "").split("/"))
            if parent == kind:
                return Pick(name).reference()
    return None


def references(*named: str | None) -> tuple[str, ...]:
    """The ids that are there, each once."""
    return tuple(dict.fromkeys(each for each in named if each))[:50]


def around(subscription: str, at: int, amount: int) -> tuple[str, str]:
    """References of the payment of a subscription at this time: two of one amount within an hour share one."""
    hour = at // HOUR
    return f"{subscription}:{hour}:{amount}", f"{subscription}:{hour + 1}:{amount}"


def payer(told: Pick, ref: str | None) -> Customer:
    """Who pays: a payer or subscriber, or in older objects the `payer_info`."""
    name = told["name"]
    parts = (name["given_name"], name["surname"], told["first_name"], told["last_name"])
    spelt = name["full_name"].text() or " ".join(text for part in parts if (text := part.text()))
    email = told["email_address"] if told["email_address"].value else told["email"]
    phone = told["phone"]["phone_number"]["national_number"].text()
    return made(
        email, Customer, email=email.text(), ref=ref, name=spelt or None, phone=phone, address=_address_of(told)
    )


def _number(amount: Pick) -> Pick:
    return amount["value"] if amount["value"].value is not None else amount["total"]


def _hosts(*lists: Pick) -> Iterator[str]:
    for link in (link for links in lists for link in links.each()):
        try:
            yield urlsplit(link["href"].text() or "").hostname or ""
        except ValueError:
            continue


def _address_of(told: Pick) -> Address | None:
    shipping = told["shipping_address"]
    return address_in(told["address"]) or address_in(shipping["address"]) or address_in(shipping)


def address_in(told: Pick) -> Address | None:
    """A postal address, in the words of either generation; None where nothing of it is told."""
    found = Address(
        line1=told["address_line_1"].text() or told["line1"].text(),
        line2=told["address_line_2"].text() or told["line2"].text(),
        city=told["admin_area_2"].text() or told["city"].text(),
        region=told["admin_area_1"].text() or told["state"].text(),
        postal_code=told["postal_code"].text(),
        country=told["country_code"].country(),
    )
    return None if found == Address() else found
