"""Fills the templates of the way in and of the pages behind it once, so that a bad one is found at the start."""

from worker.core.access import Way
from worker.core.announcement import Announcement, Matter
from worker.core.cancelling import Standing as Stands
from worker.core.declaration import Declaration, Manner, What
from worker.core.entry import entry_of
from worker.core.invoice import Invoice
from worker.core.plans import Plan
from worker.core.profile import Wrong
from worker.core.provider_action import Verb
from worker.core.rights import Act
from worker.core.transaction import Customer, Subscription
from worker.render.access_mail import AccessMail, render_access_mail
from worker.render.access_pages import AccessPage, Glance, Standing, render_access
from worker.render.action_notes import ActionDone, ActionReceived
from worker.render.ask_pages import AskedPage, AskPage, render_ask, render_asked
from worker.render.brand import Brand
from worker.render.declaration_mails import DeclarationMail, Found, render_confirmation, render_task
from worker.render.declaration_pages import (
    Asking,
    DeclareForm,
    ReceivedPage,
    render_declare,
    render_declared,
    render_sure,
)
from worker.render.dunning_notes import DunningNote
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
from worker.render.note_voice import Cancellation, Reader
from worker.render.notes import CancelReceived, EmailProof, render_note
from worker.render.own_pages import (
    CardPage,
    Details,
    NewEmail,
    render_cancel,
    render_cancelling,
    render_card,
    render_change,
    render_details,
    render_new_email,
    render_subscriptions,
)
from worker.render.own_subscriptions import Own
from worker.render.press_pages import Press, render_press
from worker.render.stationery import Stationery
from worker.render.todo_notes import ActionTodo


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
        page = AccessPage(standing, 0, Glance("Ada", plans, (entry_of(document),)), "", {"csrf": ""})
        render_access(env, brand, page)
    _rehearse_inside(env, brand, plans, document)
    _rehearse_changes(env, brand, plans[0])
    _rehearse_declarations(env, brand)


def _rehearse_inside(env: Stationery, brand: Brand, plans: tuple[Plan, ...], document: Invoice) -> None:
    viewer, listed = Viewer("ada@example.com", "Ada", "", 0), (Listed("/", entry_of(document)),)
    render_overview(env, brand, viewer, plans, listed)
    render_overview(env, brand, viewer, (), ())
    render_list(env, brand, viewer, listed, Search(more_url="/", first=False))
    render_list(env, brand, viewer, (), Search("course"))
    render_own_document(env, brand, viewer, document)
    render_devices(env, brand, viewer, (Device("", None, 0, 0, True), Device("", None, 0, 0, False)))


def _rehearse_declarations(env: Stationery, brand: Brand) -> None:
    wrong = frozenset(("name", "contract", "email", "end_on"))
    for what in What:
        asking = Asking(what)
        said = Declaration(what, "Ada", "T-1", "ada@example.com", Manner.EXTRAORDINARY, "late", "2026-12-31")
        for form in (DeclareForm(), DeclareForm(said.typed, wrong, again=True)):
            render_declare(env, brand, asking, form)
        render_sure(env, brand, asking, said, "")
        for mailed in (True, False):
            render_declared(env, brand, asking, ReceivedPage(said, 0, "", mailed))
        render_confirmation(env, brand, DeclarationMail(said, 0))
        render_task(env, brand, DeclarationMail(said, 0), Found("ada@example.com"))


def _rehearse_changes(env: Stationery, brand: Brand, plan: Plan) -> None:
    viewer, about = Viewer("ada@example.com", "Ada", "", 0), Cancellation(plan, 0, 1)
    for note in (
        EmailProof("/", 0),
        CancelReceived(about),
        ActionReceived(Verb.PAUSE, about),
        ActionDone(Verb.PAUSE, about, 0),
        DunningNote(Announcement("1", Matter.PAYMENT_FAILED, 0, Customer(), 1, url="/"), (plan,), 0, "/"),
        ActionTodo(Verb.CANCEL_NOW, 0, "/", "api", "S-1", "ada@example.com", "Ada", about),
    ):
        render_note(env, brand, note, Reader())
    render_press(env, brand, Press("", ("",), "", (("", ""),), again=True))
    for details in (
        Details({}, dict.fromkeys(("country", "tax_id"), Wrong.MISSING)),
        Details({}, saved=True),
        Details({}),
    ):
        render_details(env, brand, viewer, details)
    for form in (
        NewEmail(wrong=True),
        NewEmail(stale=True, limited=True),
        NewEmail(asked=True),
        NewEmail(link_sent=True),
    ):
        render_new_email(env, brand, viewer, form)
    for own in (Own(plan, Stands.ACTIVE, "/", acts=tuple(Act), at_once=True), Own(plan, Stands.CANCELLING, "/", 1, 0)):
        render_subscriptions(env, brand, viewer, (own,))
        render_cancel(env, brand, viewer, own)
        for act in (Act.UNDO, Act.PAUSE, Act.RESUME):
            render_change(env, brand, viewer, own, act)
        for card in (CardPage("Stripe"), CardPage("Stripe", link="/"), CardPage("Stripe", failed=True)):
            render_card(env, brand, viewer, own, card)
        for thanked in (True, False):
            render_cancelling(env, brand, viewer, own, thanked=thanked)
    render_subscriptions(env, brand, viewer, ())
