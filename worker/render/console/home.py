"""The console's first page: is all well?"""

from collections.abc import Mapping

from worker.render.brand import Brand
from worker.render.console.frame import Viewer, render_console
from worker.render.stationery import Stationery


def render_home(env: Stationery, brand: Brand, viewer: Viewer, *, paused: bool, mails: Mapping[str, int]) -> str:
    """How the relay is, and how many mails wait, failed or are parked."""
    return render_console(env, brand, viewer, "home", {"paused": paused, "mails": mails})
