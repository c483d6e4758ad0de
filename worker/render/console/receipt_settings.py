"""Settings › Receipts: which go out, how they look, who they are from, and how documents are numbered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from worker.render import formats
from worker.render.brand import Brand
from worker.render.colours import TEXT, contrast, is_colour, readable
from worker.render.console.frame import Viewer, render_console
from worker.render.console.made import Form, form_values
from worker.render.stationery import Stationery

_DARK = "#191817"


@dataclass(frozen=True, slots=True)
class Contrast:
    """How well the accent can be read on a background; `shown` is what customers see, moved where it must be."""

    accent: str
    background: str
    ratio: float
    shown: str

    @property
    def kept(self) -> bool:
        """Whether the merchant's own colour is shown."""
        return self.ratio >= TEXT


@dataclass(frozen=True, slots=True)
class ReceiptsPage:
    """Beside the form: the products that were sold lately or have a style (id and name), the number that comes next,
    the query that shows the previews as they are edited, and whether they are.
    """

    products: Sequence[tuple[str, str]]
    next_number: str
    query: str = ""
    previewed: bool = False


def contrasts(accent: str, background: str) -> list[Contrast]:
    """By day on the merchant's background, by night on ours; nothing where one is no colour."""
    if not is_colour(accent) or not is_colour(background):
        return []
    return [Contrast(accent, on, contrast(accent, on), readable(accent, on)) for on in (background, _DARK)]


def render_receipt_settings(env: Stationery, brand: Brand, viewer: Viewer, form: Form, shown: ReceiptsPage) -> str:
    """The form with both previews above it."""
    colours = [str(form.settings[f"business.colours.{name}"].value) for name in ("accent", "background")]
    values: Mapping[str, object] = {
        "shown": shown,
        "contrasts": contrasts(*colours),
        "countries": formats.countries(formats.known_locale(viewer.locale)),
    }
    return render_console(env, brand, viewer, "receipt_settings", {**form_values(env, viewer, form), **values})
