"""Composing alone: from ready words to bytes beside EmailMessage, and all of it from the outbox row."""

from bench import children
from bench.comparison import Row, alternate, row
from bench.measured import Measured
from bench.receipts import Receipts


def compare(receipts: Receipts, rounds: int) -> list[Row]:
    """The library, the product, and the product with its rendering."""

    library, product, whole = alternate(
        rounds,
        lambda: _words(receipts, "library"),
        lambda: _words(receipts, "product"),
        lambda: _rows(receipts),
    )
    return [
        row("ready words → bytes", library, product),
        row("outbox row → rendered → bytes", None, whole),
    ]


def _words(receipts: Receipts, composer: str) -> Measured:
    return children.step(receipts.issued.environment(), "bench.composers", composer, str(receipts.letters))


def _rows(receipts: Receipts) -> Measured:
    work = receipts.places.copy(receipts.issued, "work").environment()
    return children.step(work, "bench.steps", "compose", str(receipts.count))
