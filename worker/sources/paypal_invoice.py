"""PayPal's invoices that were paid: the shop wrote them there, so their number is the document's, and none of ours.

Both generations are read. The payments that PayPal took for one are named in it, so their own events tell the same
payment; items are its lines where they come to what was paid.
"""

from collections.abc import Iterator
from decimal import Decimal

from worker.core.transaction import Customer, ExternalInvoice, Kind, Payment, Transaction
from worker.sources.event import Ignored, Reading, Told
from worker.sources.paypal_capture import METHOD
from worker.sources.paypal_shapes import is_test, moment_of, money_of, payer, references, sum_in
from worker.sources.picking import Amounts, Pick, made, required
from worker.sources.sold import Sold, lines_of

_PAID = ("PAID", "MARKED_AS_PAID")


def read(event: Pick, received_at: int) -> Reading:
    """A sale from `INVOICING.INVOICE.PAID`."""
    resource = event["resource"]
    invoice = resource["invoice"] if resource["invoice"].value else resource
    if invoice["status"].value not in _PAID:
        return Ignored("it is not paid in full")
    money, total = money_of(invoice["amount"] if invoice["amount"].value else invoice["total_amount"])
    if total == 0:
        return Ignored("no money was paid")
    sold = list(_items(invoice, money))
    came_to = sum(each.amount + each.tax_on_top for each in sold)
    lines, prices_include_tax = lines_of(sold if came_to == total else [])
    detail = invoice["detail"]
    transaction = made(
        invoice,
        Transaction,
        id=required(invoice["id"], Pick.reference),
        kind=Kind.SALE,
        occurred_at=moment_of(event["create_time"]) or received_at,
        currency=money.currency,
        total=total,
        customer=_customer(invoice),
        lines=lines,
        prices_include_tax=prices_include_tax,
        test=is_test(event),
        payment=Payment(method=METHOD, references=references(*_payments(invoice))),
        invoice=ExternalInvoice(
            number=detail["invoice_number"].reference() or invoice["number"].reference(),
            url=detail["metadata"]["recipient_view_url"].link() or invoice["metadata"]["payer_view_url"].link(),
        ),
    )
    return Told((transaction,))


def _customer(invoice: Pick) -> Customer:
    newer, older = invoice["primary_recipients"].each(), invoice["billing_info"].each()
    told = newer[0]["billing_info"] if newer else older[0] if older else Pick(None)
    return payer(told, required(invoice["id"], Pick.reference))


def _payments(invoice: Pick) -> Iterator[str | None]:
    for each in (*invoice["payments"]["transactions"].each(), *invoice["payments"].each()):
        yield each["payment_id"].reference() or each["transaction_id"].reference()


def _items(invoice: Pick, money: Amounts) -> Iterator[Sold]:
    for item in invoice["items"].each():
        price = item["unit_amount"] if item["unit_amount"].value else item["unit_price"]
        quantity, name = item["quantity"].number() or Decimal(1), item["name"].text()
        if name is None or quantity != int(quantity) or not price.value:
            continue  # hours and the like: then the lines don't come to the total, and none is told
        yield Sold(
            where=item,
            description=name,
            amount=sum_in(price, money) * int(quantity),
            quantity=int(quantity),
            tax_on_top=sum_in(item["tax"]["amount"], money),
        )
