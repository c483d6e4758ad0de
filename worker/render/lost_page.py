"""The page for who lost the address they bought with: what they still know of a purchase, and what follows.

Rules: what follows never depends on what was found; what was typed is kept, and an error stands beside its field.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.render.brand import Brand
from worker.render.pages import render_page
from worker.render.stationery import Stationery

LOST = "/updateinfo/lost/"


@dataclass(frozen=True, slots=True)
class LostPage:
    """`typed` and `wrong` are by the names of the fields; `again`: the browser has to press once more."""

    csrf: str
    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: frozenset[str] = frozenset()
    again: bool = False
    sent: bool = False
    locale: str = "en"


def render_lost(env: Stationery, brand: Brand, page: LostPage) -> str:
    """The form, or what follows it."""
    return render_page(
        env, brand, "lost", env.words(page.locale), {"page": page, "action": LOST, "ask": "/updateinfo/"}
    )
