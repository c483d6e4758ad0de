"""Fills the console's templates once, so that a bad one of the merchant's own is found at the start."""

from dataclasses import replace

from worker.core.cancelling import Standing
from worker.core.declaration import Declaration, Manner, What
from worker.core.delivery import MailState
from worker.core.month import month_of
from worker.core.open_action import ActionState, Way
from worker.core.plans import Plan
from worker.core.provider_action import Verb
from worker.core.relay import RelayState
from worker.core.transaction import Customer, Subscription
from worker.core.wellbeing import Heard
from worker.core.wellbeing import Standing as Wellbeing
from worker.render.brand import Brand
from worker.render.console.actions import Open, Try, render_actions
from worker.render.console.audit import AuditPage, Noted, render_audit
from worker.render.console.customers import (
    Change,
    Dossier,
    Hit,
    Mailed,
    Reached,
    Said,
    Search,
    Sold,
    render_customer,
    render_search,
)
from worker.render.console.declarations import Shown as Declared
from worker.render.console.declarations import render_declarations
from worker.render.console.door import SentPage, SignInPage, render_places, render_sent, render_sign_in
from worker.render.console.frame import Viewer, render_console_stylesheet
from worker.render.console.home import Month, render_home
from worker.render.console.mail import ConsoleMail, render_console_mail
from worker.render.console.mails import MailList, MailStory, Told, render_mail, render_mails
from worker.render.console.queue import (
    Blocked,
    Held,
    Queue,
    Shown,
    render_held,
    render_queue,
    render_suppressions,
)
from worker.render.hub_pages import Device
from worker.render.note_voice import Reader
from worker.render.own_subscriptions import Own
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
        standing = Wellbeing(RelayState(), mails, heard=(Heard("stripe", 0),))
        render_home(env, brand, _VIEWER, standing, month)
    _rehearse_customers(env, brand)
    _rehearse_queue(env, brand)
    entry = Noted(0, "command", "resend", ("c", "ada@example.com"), "m", {"to": "ada@example.com", "at": 1})
    render_audit(env, brand, _VIEWER, AuditPage((entry,), {}, first=False, more="1.e", people=("command",)))
    render_audit(env, brand, _VIEWER, AuditPage((), {}, frozenset({"day", "customer"})))
    render_audit(env, brand, _VIEWER, AuditPage((), {"who": "command"}))


def _rehearse_customers(env: Stationery, brand: Brand) -> None:
    render_search(env, brand, _VIEWER, Search("a", (Hit("c", None, None, None),), more=True))
    render_search(env, brand, _VIEWER, Search("a", ()))
    dossier = Dossier(
        "c",
        Customer("ada@example.com"),
        (Reached("ada@example.com", 0, 0, liftable=True),),
        (("stripe", "cus"),),
        (Sold("api", "T", "sale", 1, "EUR", 0, "done", True, "4242", "1"),),
        (Own(Plan(Subscription("S-1"), "Course", 119, "EUR"), Standing.ACTIVE, ""),),
        (Mailed("m", "receipt", "ada@example.com", MailState.SENT, 0),),
        (Device("", None, 0, 0, False),),
        (Change(0, "command", "resend"),),
    )
    render_customer(env, brand, _VIEWER, dossier, Said("link", "taken"))
    render_customer(env, brand, _VIEWER, Dossier("c", Customer(None)), Said())


def _rehearse_queue(env: Stationery, brand: Brand) -> None:
    render_mails(env, brand, _VIEWER, MailList((Mailed("m", "receipt", "a@b.example", MailState.SENT, 0),), before="m"))
    render_mails(env, brand, _VIEWER, MailList((), "sent", "a", wrong=True))
    story = MailStory("m", "receipt", "a@b.example", MailState.PARKED, None, 0, 0, "c", "", receipt=True)
    render_mail(env, brand, _VIEWER, story, Told("again", "no_address", "a"))
    render_mail(env, brand, _VIEWER, replace(story, receipt=False), Told(wrong="NO_RECEIPT"))
    held = Held("e", "stripe", "paid", 0, "why", "field")
    render_queue(env, brand, _VIEWER, Queue({"due": 1}, (held,), (held,), (held,), (held,)), "again")
    render_queue(env, brand, _VIEWER, Queue({}), None)
    render_held(env, brand, _VIEWER, Shown(held, "event", "quarantined", {"a": "b"}, "", again=True, event_id="e"))
    opened = Open("p", Verb.CANCEL_NOW, Way.PROVIDER, ActionState.DUE, "api", "S", "c", "Ada", None, 0, 1, "why", "no")
    tried = replace(opened, asked=1, tries=(Try(0, "later", 503, "busy"),), again=True)
    render_actions(env, brand, _VIEWER, (tried, replace(tried, state=ActionState.MANUAL)), "done")
    render_actions(env, brand, _VIEWER, (), None)
    render_suppressions(env, brand, _VIEWER, (Blocked("a@b.example", 0, "550", liftable=True),), ("lifted", "1"))
    render_suppressions(env, brand, _VIEWER, (), (None, None))
    said = Declaration(What.CANCEL, "Ada", "T-1", "ada@example.com", Manner.ORDINARY)
    declared = Declared("d", said, 0, ("c", "ada@example.com"), settled=(1, "may@example.com"))
    render_declarations(env, brand, _VIEWER, ((replace(declared, settled=None),), (declared,)), "done")
    render_declarations(env, brand, _VIEWER, ((), ()), None)
