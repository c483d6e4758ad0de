"""Sample documents for golden mails and pictures: one honest sale in several currencies, and every odd case."""

import base64
import struct
import zlib
from dataclasses import replace
from decimal import Decimal

from worker.core import instant
from worker.core.invoice import Credited, Invoice, Issue, Seller, draw_up
from worker.core.transaction import (
    Address,
    Customer,
    ExternalInvoice,
    Issuer,
    Kind,
    Line,
    Payment,
    Style,
    Subscription,
    Transaction,
)
from worker.mail.message import InlineImage
from worker.render.brand import Brand
from worker.render.receipts import Receipt, ReceiptLinks

SOLD = instant.parse("2026-11-22T18:48:00Z")
BRAND = Brand(
    name="Harbour & Pine",
    support_email="hello@harbourandpine.example",
    support_url="https://harbourandpine.example/help",
)
SELLER = Seller(
    name="Harbour & Pine Studio GmbH",
    address=Address(line1="Holtenauer Straße 12", city="Kiel", postal_code="24103", country="DE"),
    tax_id="DE287654321",
)
BUYER = Customer(
    email="ada@example.com",
    name="Ada Lindqvist",
    locale="en",
    address=Address(line1="1 High Street", city="Leeds", postal_code="LS1 1AA", country="GB"),
)
LINKS = ReceiptLinks(
    foot="https://shop.example/updateinfo/?r=eyJpZCI6Ijd0.Zk9q2w",
    document="https://shop.example/documents/Zm9vYmFy.Zk9q2w.kXQ3tB1",
)
CARD = Payment(method="card", brand="visa", last4="4242", references=("ch_1",))


def sale(**changes: object) -> Transaction:
    """An ordinary sale of two things: €83.30 with 19% tax."""
    said: dict[str, object] = {
        "id": "T-1042",
        "kind": Kind.SALE,
        "occurred_at": SOLD,
        "currency": "EUR",
        "total": 8330,
        "customer": BUYER,
        "lines": (
            Line(
                description="Letterpress for beginners, a course in twelve lessons",
                quantity=Decimal(1),
                unit_amount=4900,
                tax_rate=Decimal(19),
                tax_amount=931,
                tax_category="S",
                access_url="https://learn.example/letterpress",
            ),
            Line(
                description="Linen notebook",
                quantity=Decimal(2),
                unit_amount=1300,
                discount_amount=500,
                tax_rate=Decimal(19),
                tax_amount=399,
                tax_category="S",
            ),
        ),
        "payment": CARD,
    }
    return Transaction(**(said | changes))  # type: ignore[arg-type]


def simple_lines(*lines: tuple[str, str, int]) -> tuple[Line, ...]:
    """Lines without tax: description, quantity, unit amount."""
    return tuple(Line(description=what, quantity=Decimal(many), unit_amount=each) for what, many, each in lines)


def invoice(transaction: Transaction, **changes: object) -> Invoice:
    """The document of a transaction, numbered by us unless told otherwise."""
    said: dict[str, object] = {
        "issuer": Issuer.US,
        "number": "HP-1042",
        "issued_at": SOLD + 4 * instant.SECOND,
        "timezone": "Europe/Berlin",
        "locale": "en",
        "seller": SELLER,
        "buyer": transaction.customer,
    }
    return draw_up(transaction, Issue(**(said | changes)))  # type: ignore[arg-type]


def receipt(document: Invoice, style: Style = Style.INVOICE, locale: str = "en", **changes: object) -> Receipt:
    """A receipt with both links."""
    return replace(Receipt(document, style, LINKS, locale, reply_opens_hub=True), **changes)  # type: ignore[arg-type]


def subscription(**changes: object) -> Subscription:
    """A monthly subscription that goes on."""
    said: dict[str, object] = {
        "ref": "S-7",
        "interval": "month",
        "next_payment_at": instant.parse("2026-12-22T18:48:00Z"),
        "next_amount": 5831,
    }
    return Subscription(**(said | changes))  # type: ignore[arg-type]


def membership(currency: str = "EUR", locale: str = "en", each: int = 4900, rate: int = 19) -> Invoice:
    """A subscription's first payment, with one line and tax on top."""
    tax = (each * rate + 50) // 100
    line = Line(
        description="Studio membership",
        quantity=Decimal(1),
        unit_amount=each,
        tax_rate=Decimal(rate),
        tax_amount=tax,
        tax_category="S",
    )
    plan = subscription(next_amount=each + tax)
    told = sale(currency=currency, total=each + tax, lines=(line,), subscription=plan)
    return invoice(told, locale=locale)


def refund(total: int = 8330, issuer: Issuer = Issuer.US) -> Invoice:
    """A refund without lines, of the ordinary sale."""
    told = sale(kind=Kind.REFUND, total=total, lines=(), refund_of="T-1042", occurred_at=SOLD + 3 * instant.DAY)
    number = "HP-1043" if issuer is Issuer.US else None
    credits = Credited("HP-1042" if issuer is Issuer.US else None, SOLD, 8330)
    return invoice(told, issuer=issuer, number=number, credits=credits, issued_at=SOLD + 3 * instant.DAY)


def provided() -> Invoice:
    """A sale that the provider invoices."""
    external = ExternalInvoice(issuer=Issuer.PROVIDER, number="INV-2026-00981", url="https://pay.example/invoice/981")
    return invoice(sale(invoice=external), issuer=Issuer.PROVIDER, number=None)


def odd() -> dict[str, Receipt]:
    """Cases that break layouts: many lines, long and right-to-left names, other alphabets, no decimals, test."""
    dozen = simple_lines(
        *((f"Field recording no. {n}, {'harbour at dawn ' * (n % 4)}", "1", 900 + n) for n in range(12))
    )
    arabic = replace(BUYER, name="ليلى حداد", company="مكتبة البحر للنشر والتوزيع", address=None)
    emoji = simple_lines(("Poster 🐳 “Whale & moon” <A2>", "1", 3200), ("Sticker 海の家 set", "3", 450))
    long = simple_lines(
        ("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft " * 3, "1", 10**11)
    )
    quarters = subscription(payments_made=2, payments_total=6, next_amount=4900)
    return {
        "lines12": receipt(
            invoice(sale(lines=dozen, total=sum(line.amount(prices_include_tax=False) for line in dozen)))
        ),
        "arabic": receipt(invoice(sale(customer=arabic, lines=simple_lines(("كتاب الطبخ البحري", "1", 8330))))),
        "emoji": receipt(invoice(sale(lines=emoji, total=4550))),
        "long": receipt(invoice(sale(lines=long, total=10**11, customer=replace(BUYER, name="Maximiliana " * 30)))),
        "jpy": receipt(membership("JPY", "ja", 4900, 10), locale="ja"),
        "split": receipt(invoice(sale(subscription=quarters))),
        "bare": receipt(invoice(sale(lines=(), total=5831, payment=Payment()))),
        "included": receipt(invoice(sale(prices_include_tax=True, total=7000))),
        "refunded": receipt(invoice(sale(), refunded=3000)),
        "test": receipt(invoice(sale(test=True), number=None)),
    }


def logo(rgb: tuple[int, int, int] = (31, 95, 74)) -> InlineImage:
    """A drawn logo, 200 × 80 pixels: a circle and a bar on nothing."""
    rows = b"".join(b"\0" + b"".join(_pixel(x, y, rgb) for x in range(200)) for y in range(80))
    head = struct.pack(">IIBBBBB", 200, 80, 8, 6, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
    return InlineImage("logo@letterkey", "image/png", data, "logo.png")


def as_page(html: str, image: InlineImage) -> str:
    """A mail's HTML as a browser can show it, with its inline part put in."""
    data = base64.b64encode(image.data).decode()
    return html.replace(f"cid:{image.content_id}", f"data:{image.mime_type};base64,{data}")


def _pixel(x: int, y: int, rgb: tuple[int, int, int]) -> bytes:
    ring = 26**2 < (x - 40) ** 2 + (y - 40) ** 2 < 38**2
    bars = x > 96 and (24 <= y < 34 or (46 <= y < 56 and x < 160))
    return bytes((*rgb, 255 if ring or bars else 0))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
