"""What all of ThriveCart's events say alike: of which order, whose it is, when, and whether it is a test."""

from worker.core.transaction import Address, Customer
from worker.sources.picking import Pick, made, required
from worker.sources.thrivecart_body import moment_of


def order_of(event: Pick) -> str:
    """The order's id."""
    return event["order"]["id"].reference() or required(event["order_id"], Pick.reference)


def is_test(event: Pick) -> bool:
    """Whether it comes from test mode."""
    return event["mode_int"].whole() == 1 or event["mode"].value == "test"


def first_moment(*told: Pick) -> int | None:
    """The first of these times that is told."""
    return next((at for pick in told if (at := moment_of(pick)) is not None), None)


def customer_of(event: Pick) -> Customer:
    """Who bought."""
    told = event["customer"]
    named = " ".join(part for part in (told["first_name"].text(), told["last_name"].text()) if part)
    return made(
        told["email"],
        Customer,
        email=told["email"].text(),
        ref=event["customer_id"].reference() or told["id"].reference(),
        name=told["name"].text() or named or None,
        company=_first_text(told, "business_name", "company"),
        tax_id=_first_text(told, "tax_number", "vat_number", "tax_id", "business_number"),
        phone=_first_text(told, "contactno", "phone"),
        address=_address(told["address"]),
    )


def _address(told: Pick) -> Address | None:
    found = Address(
        line1=_first_text(told, "line1", "line_1", "address1", "street"),
        line2=_first_text(told, "line2", "line_2", "address2"),
        city=told["city"].text(),
        region=_first_text(told, "state", "region"),
        postal_code=_first_text(told, "zip", "postal_code", "postcode"),
        country=told["country"].country(),
    )
    return None if found == Address() else found


def _first_text(told: Pick, *names: str) -> str | None:
    return next((text for name in names if (text := told[name].text())), None)
