"""Paddle's entities as its API tells them: a price, its product, and a transaction that was completed."""

from typing import Any

BEGAN, PERIOD_ENDS = "2026-11-03T10:18:47.635628Z", "2026-12-03T10:18:47.635628Z"
Object = dict[str, Any]


def price(amount: int = 5831) -> Object:
    return {
        "id": "pri_1", "product_id": "pro_1", "name": "Monthly", "description": "Monthly", "type": "standard",
        "status": "active", "tax_mode": "internal", "unit_price": {"amount": str(amount), "currency_code": "EUR"},
        "billing_cycle": {"interval": "month", "frequency": 1}, "trial_period": None, "unit_price_overrides": [],
        "quantity": {"minimum": 1, "maximum": 1}, "custom_data": None, "import_meta": None,
    }  # fmt: skip


def product() -> Object:
    return {"id": "pro_1", "name": "Pro", "type": "standard", "tax_category": "standard", "status": "active"}


def sold(ref: str, customer: str) -> Object:
    """A completed transaction of €58.31 with 19 % inside."""
    totals = {"subtotal": "4900", "discount": "0", "tax": "931", "total": "5831"}
    line = {
        "id": "txnitm_1", "price_id": "pri_1", "quantity": 1, "proration": None, "tax_rate": "0.19",
        "product": product(), "totals": totals, "unit_totals": totals,
    }  # fmt: skip
    payment = {
        "amount": "5831", "status": "captured", "created_at": BEGAN, "captured_at": BEGAN, "error_code": None,
        "method_details": {
            "type": "card", "card": {"type": "visa", "last4": "4242", "expiry_month": 4, "expiry_year": 2028},
        },
        "payment_attempt_id": "1", "stored_payment_method_id": "1", "payment_method_id": "paymtd_1",
    }  # fmt: skip
    whole = totals | {"credit": "0", "balance": "0", "grand_total": "5831", "fee": "0", "earnings": "0",
                      "currency_code": "EUR", "credit_to_balance": "0"}  # fmt: skip
    return {
        "id": ref, "status": "completed", "customer_id": customer, "address_id": "add_1", "business_id": None,
        "origin": "web", "currency_code": "EUR", "subscription_id": "sub_1", "invoice_id": "inv_1",
        "invoice_number": "325-1", "collection_mode": "automatic", "discount_id": None, "billing_details": None,
        "billing_period": {"starts_at": BEGAN, "ends_at": PERIOD_ENDS}, "custom_data": None,
        "items": [{"price": price(), "quantity": 1, "proration": None}], "payments": [payment],
        "details": {"totals": whole, "line_items": [line], "tax_rates_used": [], "payout_totals": None},
        "checkout": {"url": f"https://shop.example/pay?_ptxn={ref}"}, "created_at": BEGAN, "updated_at": BEGAN,
        "billed_at": BEGAN, "revised_at": None,
    }  # fmt: skip
