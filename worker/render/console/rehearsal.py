"""Fills the console's templates once, so that a bad one of the merchant's own is found at the start."""

from worker.core.month import month_of
from worker.core.relay import RelayState
from worker.core.wellbeing import Heard, Standing
from worker.render.brand import Brand
from worker.render.console.audit import AuditPage, Noted, render_audit
from worker.render.console.door import SentPage, SignInPage, render_places, render_sent, render_sign_in
from worker.render.console.frame import Viewer, render_console_stylesheet
from worker.render.console.home import Month, render_home
from worker.render.console.mail import ConsoleMail, render_console_mail
from worker.render.hub_pages import Device
from worker.render.notes import Reader
from worker.render.stationery import Stationery

_VIEWER = Viewer("may@example.com", "", 0)


def rehearse_console(env: Stationery, brand: Brand) -> None:
    """Every template with every part of it shown. Raises what a template that can't be filled raises."""
    render_console_stylesheet(env, brand)
    render_console_mail(env, brand, ConsoleMail("/", 0, 0, Reader()))
    render_sign_in(env, brand, SignInPage("", wrong=True, ended=True, again=True))
    for limited in (True, False):
        render_sent(env, brand, SentPage("may@example.com", 0, 1, limited))
    render_places(env, brand, _VIEWER, (Device("", None, 0, 0, True), Device("", None, 0, 0, False)))
    days = month_of(0, "UTC")
    none = (0,) * len(days)
    month = Month(days, (1,) * len(days), none, none, none, most=1)
    for mails in ({}, {"failed": 1}):
        standing = Standing(RelayState(), mails, heard=(Heard("stripe", 0),))
        render_home(env, brand, _VIEWER, standing, month)
    entry = Noted(0, "command", "resend", ("c", "ada@example.com"), "m", {"to": "ada@example.com", "at": 1})
    render_audit(env, brand, _VIEWER, AuditPage((entry,), {}, first=False, more="1.e", people=("command",)))
    render_audit(env, brand, _VIEWER, AuditPage((), {}, frozenset({"day", "customer"})))
    render_audit(env, brand, _VIEWER, AuditPage((), {"who": "command"}))
