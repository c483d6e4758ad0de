"""Sales to measure with: all different, so that no cache of whole mails or amounts could look like speed.

Another customer, name, address, set of lines and sum each time; one to four lines, three currencies (two, zero and
three decimals), two locales, names in several scripts; the same sales in every run.
"""

import json
import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_GIVEN = (
    "Ada Björn Chiara Dilnoza Emeka Françoise Grace Hikaru Ines Jürgen Καλλιόπη Людмила María Noor Owen 李 Zoë".split()
)
_FAMILY = (
    "Lovelace Ångström Bianchi Nowak Okafor Dupont O'Brien 佐藤 Müller Παπαδάκη Іваненко García Hussain Smith".split()
)
_STREETS = "High St,Hauptstraße,Rue de l'Église,Via Roma,Calle Mayor,Elbchaussee,Kungsgatan".split(",")
_CITIES = "Leeds London München Lyon Malmö Valencia Gdańsk".split()
_THINGS = "Course,Workbook,Membership,Coaching hour,Poster “Sunrise”,E-book (2nd ed.),Café ticket,Licence".split(",")
_COUNTRIES = "GB DE FR SE ES PL AT".split()
_SCALES = {"EUR": 1, "JPY": 1, "KWD": 10}
_BEGAN = datetime(2026, 11, 22, 8, tzinfo=UTC)
_PACE = timedelta(milliseconds=7)  # so short that no sale of a long run lies in the future, which the API refuses


def sales(count: int, first: int = 0) -> Iterator[dict[str, Any]]:
    """`count` transactions as the API takes them, from the `first` on."""
    for number in range(first, first + count):
        yield _sale(number, random.Random(number))


def lines_of(some: Iterator[dict[str, Any]]) -> str:
    """As JSON Lines."""
    return "".join(json.dumps(sale, ensure_ascii=False) + "\n" for sale in some)


def _sale(number: int, chance: random.Random) -> dict[str, Any]:
    currency = chance.choice(list(_SCALES))
    lines = [_line(chance, _SCALES[currency]) for _ in range(chance.randint(1, 4))]
    total = sum(_amount(line) for line in lines)
    sale = {
        "id": f"T-{number}",
        "kind": "sale",
        "occurred_at": (_BEGAN + number * _PACE).isoformat(),
        "currency": currency,
        "total": total,
        "customer": _customer(number, chance),
        "lines": lines,
        "payment": {
            "method": "card",
            "brand": "visa",
            "last4": f"{number % 10_000:04}",
            "references": [f"ch_{number}"],
        },
    }
    return sale | _subscription(number, total) if chance.random() < 0.25 else sale


def _customer(number: int, chance: random.Random) -> dict[str, Any]:
    given, family = chance.choice(_GIVEN), chance.choice(_FAMILY)
    return {
        "email": f"customer.{number}@shop{chance.randrange(300)}.example.com",
        "ref": f"cus_{number}",
        "name": f"{given} {family}",
        "company": f"{family} & Co. {number}" if chance.random() < 0.2 else None,
        "locale": chance.choice(["en", "de"]),
        "address": {
            "line1": f"{chance.randint(1, 400)} {chance.choice(_STREETS)}",
            "city": chance.choice(_CITIES),
            "postal_code": f"{chance.randrange(100_000):05}",
            "country": chance.choice(_COUNTRIES),
        },
    }


def _line(chance: random.Random, scale: int) -> dict[str, Any]:
    quantity, unit = chance.choice([1, 1, 1, 2, 3, 10]), chance.randint(99, 49_900) * scale
    discount = unit // 10 if chance.random() < 0.2 else 0
    rate = chance.choice([0, 7, 19, 20])
    return {
        "description": f"{chance.choice(_THINGS)} no. {chance.randint(1, 9_999)}",
        "product": f"p-{chance.randint(1, 200)}",
        "quantity": quantity,
        "unit_amount": unit,
        "discount_amount": discount,
        "tax_rate": str(rate),
        "tax_amount": (quantity * unit - discount) * rate // 100,
    }


def _amount(line: Mapping[str, Any]) -> int:
    return int(line["quantity"] * line["unit_amount"] - line["discount_amount"] + line["tax_amount"])


def _subscription(number: int, amount: int) -> dict[str, Any]:
    following = (_BEGAN + timedelta(days=30, seconds=7 * number)).isoformat()
    return {
        "subscription": {
            "ref": f"S-{number}",
            "interval": "month",
            "next_payment_at": following,
            "next_amount": amount,
        }
    }
