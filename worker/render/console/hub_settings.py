"""Settings › Customer hub: its link, what customers may do, and what follows for cancelling."""

from collections.abc import Mapping

from markupsafe import escape

from worker.core.rights import Kind, Where
from worker.render.brand import Brand
from worker.render.console.frame import Viewer, render_console
from worker.render.console.made import Form, form_values
from worker.render.stationery import Stationery

Table = Mapping[Where, Mapping[Kind, bool]]


def render_hub_settings(
    env: Stationery, brand: Brand, viewer: Viewer, form: Form, about: tuple[str, str, Table]
) -> str:
    """`about`: the hub's link, the access address (empty for none), and who may cancel what."""
    link, access_address, cancelling = about
    words = env.words(viewer.locale)
    snippet = f'<a href="{escape(link)}">{escape(words.gettext("Your purchases"))}</a>'
    values = {"link": link, "snippet": snippet, "access_address": access_address, "cancelling": cancelling}
    return render_console(env, brand, viewer, "hub_settings", {**form_values(env, viewer, form), **values})
