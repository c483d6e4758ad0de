"""Money as whole minor units of an ISO 4217 currency.

Rules: an amount is an `int` of minor units, never a binary float; the exponent comes from ISO 4217 (not from CLDR,
whose display digits differ for e.g. RSD); rounding is half-up, away from zero, as invoices expect.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

MAX_AMOUNT = 10**12
"""The largest amount that is believed, in minor units: beyond it a sum is an error in somebody's program."""

_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split()
_FOUR_DECIMALS = "CLF UYW".split()
_TWO_DECIMALS = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF "
    "CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF "
    "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
    "MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS "
    "SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
).split()
EXPONENTS: dict[str, int] = (
    dict.fromkeys(_TWO_DECIMALS, 2)
    | dict.fromkeys(_NO_DECIMALS, 0)
    | dict.fromkeys(_THREE_DECIMALS, 3)
    | dict.fromkeys(_FOUR_DECIMALS, 4)
)
"""ISO 4217 currency → how many decimals its minor unit has."""


_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
"""Wide enough that no product of a quantity and an amount is rounded before it is meant to be."""

_PLAIN = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,30})?")
"""What people and providers write: no exponents, no other scripts' digits, none of Python's own liberties."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of minor units in a currency: `Money(5831, "EUR")` is €58.31."""

    amount: int
    currency: str

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exactly (Decimal, with the currency's own number of places)."""
        return Decimal(self.amount).scaleb(-EXPONENTS[self.currency])


def half_up(value: Decimal) -> int:
    """`value` rounded to a whole number, halves away from zero."""
    return int(value.quantize(Decimal(1), context=_EXACT))


def times(quantity: Decimal, unit_amount: int) -> int:
    """Minor units of `quantity` × `unit_amount`, rounded half-up."""
    return half_up(_EXACT.multiply(quantity, Decimal(unit_amount)))


def minor_units(text: str, currency: str, *, decimals: int | None = None) -> int:
    """Minor units from a decimal string in major units such as "58.31" (providers send money in this form).

    `decimals`: how many places the sender uses where that isn't ISO 4217's number.
    Raises ValueError where the text is no plain number, or is finer than one minor unit.
    """
    places = EXPONENTS[currency] if decimals is None else decimals
    if not _PLAIN.fullmatch(text):
        raise ValueError(f"{text[:50]!r} is no amount")
    scaled = Decimal(text).scaleb(places, context=_EXACT)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} is finer than the smallest unit of {currency}")
    return int(scaled)
