"""Fills the templates of the way in and of the pages behind it once, so that a bad one is found at the start."""

from worker.core.access import Way
from worker.core.invoice import Invoice
from worker.core.plans import Plan
from worker.core.transaction import Subscription
from worker.render.access_mail import AccessMail, render_access_mail
from worker.render.access_pages import AccessPage, Glance, Standing, render_access
from worker.render.ask_pages import AskedPage, AskPage, render_ask, render_asked
from worker.render.brand import Brand
from worker.render.hub_pages import (
    Device,
    Listed,
    Search,
    Viewer,
    render_devices,
    render_list,
    render_overview,
    render_own_document,
)
from worker.render.stationery import Stationery


def rehearse(env: Stationery, brand: Brand, document: Invoice) -> None:
    """Every template with every part of it shown. Raises what a template that can't be filled raises."""
    render_access_mail(env, brand, AccessMail("/", 0, Way.FORM, 0, "XXXX-XXXX"))
    for ask in (AskPage("", wrong=True, ended=True, again=True), AskPage("", foot=("", ""))):
        render_ask(env, brand, ask)
    for asked in (
        AskedPage("", 0, "", 1, tries_left=1),
        AskedPage("", 0, limited=True),
        AskedPage("", 0, tries_left=0),
    ):
        render_asked(env, brand, asked)
    plans = (Plan(Subscription("S-1"), "Course", 119, "EUR"),) * 6
    for standing in Standing:
        page = AccessPage(standing, 0, Glance("Ada", plans, (document,)), "", {"csrf": ""})
        render_access(env, brand, page)
    _rehearse_inside(env, brand, plans, document)


def _rehearse_inside(env: Stationery, brand: Brand, plans: tuple[Plan, ...], document: Invoice) -> None:
    viewer, listed = Viewer("ada@example.com", "Ada", "", 0), (Listed("/", document),)
    render_overview(env, brand, viewer, plans, listed)
    render_overview(env, brand, viewer, (), ())
    render_list(env, brand, viewer, listed, Search(more_url="/", first=False))
    render_list(env, brand, viewer, (), Search("course"))
    render_own_document(env, brand, viewer, document)
    render_devices(env, brand, viewer, (Device("", None, 0, 0, True), Device("", None, 0, 0, False)))
