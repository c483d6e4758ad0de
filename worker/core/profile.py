"""A customer's own details as they are typed, and what is wrong with them, field by field.

Rules: a whole address or none; which parts it needs and what its postal code looks like is known for the commonest
countries, and elsewhere nothing is refused. Documents that were issued before keep what they said.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from worker.core.transaction import Address, Customer

PERSON = ("name", "company", "tax_id", "phone")
ADDRESS = ("line1", "line2", "city", "region", "postal_code", "country")
FIELDS = (*PERSON, *ADDRESS)
LONGEST = 200
_PHONE = re.compile(r"\+?[0-9 ()./-]{5,30}")


class Wrong(StrEnum):
    """What is wrong with a field."""

    MISSING = "missing"
    POSTAL_CODE = "postal_code"
    COUNTRY = "country"
    PHONE = "phone"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Form:
    """How a country writes addresses: the parts it can't do without, and its postal codes."""

    required: tuple[str, ...]
    postal_code: re.Pattern[str] | None = None
    example: str = ""


def _form(pattern: str, example: str, *more: str) -> Form:
    return Form(("line1", "city", "postal_code", *more), re.compile(pattern), example)


_FIVE, _FOUR = r"[0-9]{5}", r"[0-9]{4}"
FORMS: Mapping[str, Form] = {
    "US": _form(r"[0-9]{5}(-[0-9]{4})?", "94103", "region"),
    "GB": _form(r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}", "LS1 1AA"),
    "CA": _form(r"[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]", "K1A 0B1", "region"),
    "AU": _form(_FOUR, "3000", "region"),
    "DE": _form(_FIVE, "10115"),
    "FR": _form(_FIVE, "75001"),
    "ES": _form(_FIVE, "28001"),
    "IT": _form(_FIVE, "00184"),
    "NL": _form(r"[0-9]{4} ?[A-Z]{2}", "1012 AB"),
    "BE": _form(_FOUR, "1000"),
    "AT": _form(_FOUR, "1010"),
    "CH": _form(_FOUR, "8001"),
    "SE": _form(r"[0-9]{3} ?[0-9]{2}", "111 22"),
    "PL": _form(r"[0-9]{2}-[0-9]{3}", "00-001"),
    "IN": _form(r"[0-9]{3} ?[0-9]{3}", "110001", "region"),
    "IE": Form(("line1", "city"), re.compile(r"[A-Z][0-9][0-9W] ?[A-Z0-9]{4}"), "D02 AF30"),
}
ANYWHERE = Form(("line1", "city"))
COUNTRIES = frozenset(
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA "
    "CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA "
    "GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP "
    "KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS "
    "MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS "
    "RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW "
    "TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW".split()
)


def read_profile(typed: Mapping[str, str]) -> Customer | dict[str, Wrong]:
    """The profile that was typed, or what is wrong with each field."""
    said = {name: _clean(typed.get(name, "")) for name in FIELDS}
    for name in ("postal_code", "country"):
        said[name] = said[name].upper()
    wrong = dict(_problems(said))
    if wrong:
        return wrong
    address = Address(**{name: said[name] or None for name in ADDRESS})
    return Customer(**{name: said[name] or None for name in PERSON}, address=address)


def form_of(country: str | None) -> Form:
    """How that country writes addresses."""
    return FORMS.get(country or "", ANYWHERE)


def changed(old: Customer, new: Customer) -> tuple[str, ...]:
    """The names of the fields that differ."""
    before, after = old.address or Address(), new.address or Address()
    person = [name for name in PERSON if (getattr(old, name) or None) != (getattr(new, name) or None)]
    place = [name for name in ADDRESS if (getattr(before, name) or None) != (getattr(after, name) or None)]
    return (*person, *place)


def _problems(said: Mapping[str, str]) -> Iterator[tuple[str, Wrong]]:
    if said["phone"] and not _PHONE.fullmatch(said["phone"]):
        yield "phone", Wrong.PHONE
    if any(said[name] for name in ADDRESS):
        yield from _address_problems(said)
    for name, text in said.items():
        if len(text) > LONGEST:
            yield name, Wrong.TOO_LONG


def _address_problems(said: Mapping[str, str]) -> Iterator[tuple[str, Wrong]]:
    country = said["country"]
    if country not in COUNTRIES:
        yield "country", Wrong.COUNTRY if country else Wrong.MISSING
    form = form_of(country)
    for name in form.required:
        if not said[name]:
            yield name, Wrong.MISSING
    if said["postal_code"] and form.postal_code and not form.postal_code.fullmatch(said["postal_code"]):
        yield "postal_code", Wrong.POSTAL_CODE


def _clean(text: str) -> str:
    """One line of printable text: what a browser, or whoever plays one, may send is anything."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[:2000]).split())
