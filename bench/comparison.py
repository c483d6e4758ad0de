"""Two sides of a comparison, measured in turn so that both meet the same weather, and the table of all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from bench.measured import Measured

_COLUMNS = f"{'':46} {'floor/s':>9} {'product/s':>10} {'ratio':>7} {'CPU ms':>8} {'RSS MB':>7}  target"


@dataclass(frozen=True, slots=True)
class Row:
    """Medians of one comparison; a floor of None has nothing to be compared with."""

    name: str
    floor: float | None
    product: float
    cpu_ms: float
    rss: int
    target: str = ""

    def __str__(self) -> str:
        floor = f"{self.floor:9,.0f}" if self.floor is not None else f"{'–':>9}"
        ratio = f"{self.product / self.floor:7.0%}" if self.floor is not None else f"{'–':>7}"
        figures = f"{floor} {self.product:10,.0f} {ratio} {self.cpu_ms:8.2f} {self.rss / 1e6:7.0f}"
        return f"{self.name:46} {figures}  {self.target}".rstrip()


Side = Callable[[], Measured]


def alternate(rounds: int, *sides: Side) -> list[list[Measured]]:
    """Each side `rounds` times, one after the other; a list for each side."""
    turns = [[side() for side in sides] for _ in range(rounds)]
    return [list(side) for side in zip(*turns, strict=True)]


def row(name: str, floor: list[Measured] | None, product: list[Measured], target: str = "") -> Row:
    """The medians of both sides."""
    return Row(
        name=name,
        floor=median(each.rate for each in floor) if floor is not None else None,
        product=median(each.rate for each in product),
        cpu_ms=median(each.cpu_ms for each in product),
        rss=max(each.rss for each in product),
        target=target,
    )


def heading(title: str) -> str:
    return f"\n{title}\n{_COLUMNS}\n{'-' * len(_COLUMNS)}"
