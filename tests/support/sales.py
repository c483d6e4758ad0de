"""Sales as the API takes them, each of a customer of its own."""


def sale(number: int, **more: object) -> dict[str, object]:
    """The `number`-th sale."""
    return {
        "id": f"T-{number}",
        "kind": "sale",
        "occurred_at": "2026-11-22T18:48:00Z",
        "currency": "EUR",
        "total": 5831,
        "customer": {"email": f"buyer{number}@example.com", "name": f"Buyer {number}"},
        "lines": [{"description": "Course", "quantity": 1, "unit_amount": 4900, "tax_rate": "19", "tax_amount": 931}],
    } | more
