"""Samples of the pages and mails of declarations, for pictures and tests."""

from dataclasses import replace

from render import hub_papers, papers
from render.console_papers import NOW
from render.console_papers import VIEWER as MERCHANT
from worker.core.declaration import Declaration, Manner, What
from worker.core.instant import DAY, HOUR
from worker.render.brand import Brand
from worker.render.console.declarations import Shown, render_declarations
from worker.render.declaration_mails import DeclarationMail, Found, render_confirmation, render_task
from worker.render.declaration_pages import (
    Asking,
    DeclareForm,
    ReceivedPage,
    render_declare,
    render_declared,
    render_sure,
)
from worker.render.hub_pages import render_own_document, render_withdrawal
from worker.render.stationery import Stationery

CANCEL = Declaration(
    What.CANCEL,
    "Ada Lindqvist",
    "HP-1042, Letterpress club",
    "ada@example.com",
    Manner.EXTRAORDINARY,
    "Three issues in a row never came.",
    "2026-12-31",
)
WITHDRAW = Declaration(What.WITHDRAW, "Ada Lindqvist", "HP-1042", "ada@example.com")
OWN_WITHDRAWAL = replace(WITHDRAW, contract="HP-1042, Letterpress club")  # the hub names what was bought, too
ADA, GRACE = ("c1", "ada@example.com"), ("c2", "grace@example.org")
WAITING = (
    Shown("d1", CANCEL, NOW - 2 * DAY, ADA, ADA),
    Shown("d2", WITHDRAW, NOW - HOUR, None, GRACE),
    Shown("d3", replace(CANCEL, manner=Manner.ORDINARY, reason=None, end_on=None), NOW - HOUR, ADA, ADA, asked=True),
)
SEEN = (replace(WAITING[0], settled=(NOW - DAY, MERCHANT.email)),)


def pages(env: Stationery, brand: Brand) -> dict[str, str]:
    """The public pages in both languages, the customer's own, and the merchant's."""
    wrong, invoice = frozenset(("name", "contract", "email", "end_on")), papers.invoice(papers.sale())
    viewer = hub_papers.VIEWER
    found = {
        "declare-wrong": render_declare(env, brand, Asking(What.CANCEL), DeclareForm(CANCEL.typed, wrong, again=True)),
        "declared-limited": render_declared(
            env, brand, Asking(What.CANCEL), ReceivedPage(CANCEL, NOW, "", mailed=False)
        ),
        "own-document-withdraw": render_own_document(env, brand, viewer, invoice, "/hub/invoices/1/withdraw"),
        "own-withdrawal": render_withdrawal(env, brand, viewer, OWN_WITHDRAWAL, (None, "/hub/invoices/1")),
        "own-withdrawal-de": render_withdrawal(
            env, brand, replace(viewer, locale="de"), OWN_WITHDRAWAL, (None, "/hub/invoices/1")
        ),
        "own-withdrawn": render_withdrawal(env, brand, viewer, OWN_WITHDRAWAL, (NOW, "/hub/invoices/1")),
        "console-declarations": render_declarations(env, brand, MERCHANT, (WAITING, SEEN), "done"),
        "console-declarations-none": render_declarations(env, brand, MERCHANT, ((), ()), None),
    }
    for said in (CANCEL, WITHDRAW):
        for locale in ("en", "de"):
            asking, name = Asking(said.what, locale=locale, timezone="Europe/Berlin"), f"{said.what}-{locale}"
            found[f"declare-{name}"] = render_declare(env, brand, asking, DeclareForm())
            found[f"declare-sure-{name}"] = render_sure(env, brand, asking, said, "")
            found[f"declared-{name}"] = render_declared(env, brand, asking, ReceivedPage(said, NOW, "", mailed=True))
    return found


def mails(env: Stationery, brand: Brand) -> dict[str, str]:
    """Confirmations in both languages, and the merchant's tasks."""
    cancel, withdraw = (DeclarationMail(each, NOW, timezone="Europe/Berlin") for each in (CANCEL, WITHDRAW))
    told = {
        "confirmed": render_confirmation(env, brand, cancel),
        "confirmed-de": render_confirmation(env, brand, replace(cancel, locale="de")),
        "withdrawn": render_confirmation(env, brand, withdraw),
        "withdrawn-de": render_confirmation(env, brand, replace(withdraw, locale="de")),
        "task": render_task(env, brand, cancel, Found(ADA[1], ADA[1])),
        "task-asked": render_task(env, brand, cancel, Found(ADA[1], ADA[1], asked=True)),
        "task-again": render_task(env, brand, withdraw, Found(None, GRACE[1], again=True)),
    }
    return {f"declaration-{name}": each.html for name, each in told.items()}
