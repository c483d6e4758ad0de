"""Samples of the pages on which customers change something, and of the mails that follow, for pictures and tests."""

from dataclasses import replace
from typing import Any

from render.hub_papers import NOW, PLANS, URL, VIEWER, ZONE
from worker.core.announcement import Announcement, Matter
from worker.core.cancelling import ReceivedNotice, Standing
from worker.core.instant import DAY
from worker.core.profile import Wrong
from worker.core.provider_action import Verb
from worker.core.rights import Act
from worker.core.transaction import Customer
from worker.render import own_pages, press_pages
from worker.render.action_notes import ActionDone, ActionReceived
from worker.render.brand import Brand
from worker.render.dunning_notes import DunningNote
from worker.render.note_voice import Cancellation, Reader
from worker.render.notes import (
    CancelDone,
    CancelReceived,
    EmailNotice,
    EmailProof,
    NoPurchases,
    Note,
    render_note,
)
from worker.render.own_pages import Details, NewEmail
from worker.render.own_subscriptions import Own
from worker.render.stationery import Stationery
from worker.render.todo_notes import ActionTodo

NOTICED = replace(
    VIEWER, notices=(ReceivedNotice(NOW - 3 * DAY, proven=True), ReceivedNotice(NOW - 9 * DAY, proven=True))
)
READER = Reader("en", ZONE)
ENDS = NOW + 30 * DAY
ABOUT = Cancellation(PLANS[0], NOW, ENDS)
CANCEL = ActionTodo(
    verb=Verb.CANCEL_AT_PERIOD_END,
    asked_at=NOW,
    url=URL.replace("/access/", "/done/"),
    source="stripe",
    ref="sub_1Qx7",
    email="ada@example.com",
    name="Ada Lindqvist",
    about=ABOUT,
)
NOTES: dict[str, Note] = {
    "no-purchases": NoPurchases("https://shop.example/updateinfo/lost/", "ada@elsewhere.example"),
    "email-proof": EmailProof(URL.replace("/access/", "/email/confirm/"), NOW + DAY),
    "email-notice": EmailNotice(URL.replace("/access/", "/email/undo/"), "a•••@new.example", NOW, NOW + 3 * DAY),
    "cancel-received": CancelReceived(ABOUT),
    "cancel-received-now": CancelReceived(Cancellation(PLANS[2], NOW, NOW)),
    "cancel-todo": CANCEL,
    "pause-todo": replace(CANCEL, verb=Verb.PAUSE, why="403: this key may not write subscriptions"),
    "undo-reminder": replace(CANCEL, verb=Verb.UNDO_CANCEL, again=True, asked=True),
    "details-todo": replace(
        CANCEL,
        verb=Verb.UPDATE_CUSTOMER,
        about=None,
        details={"name": "Ada L.", "city": "Kiel"},
        why="no such customer",
    ),
    "cancel-done": CancelDone(ABOUT, NOW + DAY),
    **{f"received-{verb}": ActionReceived(verb, ABOUT) for verb in (Verb.PAUSE, Verb.RESUME, Verb.UNDO_CANCEL)},
    **{f"done-{verb}": ActionDone(verb, ABOUT, NOW) for verb in (Verb.PAUSE, Verb.RESUME, Verb.UNDO_CANCEL)},
}
FOOT = URL.replace("/access/", "/updateinfo/?r=")


def dunning(matter: Matter, plans: tuple[int, ...] = (0,), **told: Any) -> DunningNote:
    """What is told to a customer about money that is coming or didn't come."""
    said = Announcement("in_1", matter, NOW, Customer(), currency="EUR", **told)
    return DunningNote(said, tuple(PLANS[each] for each in plans), NOW, FOOT)


PAY = "https://invoice.stripe.example/i/acct_1/test"
NOTES |= {
    "upcoming": dunning(Matter.UPCOMING_PAYMENT, due_at=ENDS, amount=5831),
    "upcoming-trial": dunning(Matter.UPCOMING_PAYMENT, (1,), due_at=ENDS, amount=12000, test=True),
    "upcoming-unknown": dunning(Matter.UPCOMING_PAYMENT, ()),
    "failed": dunning(Matter.PAYMENT_FAILED, due_at=NOW + 3 * DAY, amount=5831, url=PAY),
    "failed-last": dunning(Matter.PAYMENT_FAILED, url=PAY),
    "failed-nowhere": dunning(Matter.PAYMENT_FAILED),
    "expiring": dunning(Matter.CARD_EXPIRING, (0, 1), due_at=ENDS, card_last4="4242"),
    "expiring-unnamed": dunning(Matter.CARD_EXPIRING, due_at=ENDS),
}
PRESSED = press_pages.Pressed(Verb.CANCEL_NOW, ABOUT, "ada@example.com", ("stripe", "sub_1Qx7"))
TYPED = {
    "name": "Ada Lindqvist",
    "line1": "Holtenauer Straße 12",
    "city": "Kiel",
    "postal_code": "2410",
    "country": "DE",
    "tax_id": "DE123456789",
}
OWN = (
    Own(PLANS[0], Standing.ACTIVE, "/hub/subscriptions/1", ENDS, acts=(Act.CANCEL, Act.PAUSE), card=True),
    Own(PLANS[1], Standing.CANCELLING, "/hub/subscriptions/2", ENDS, NOW - DAY, acts=(Act.UNDO,)),
    Own(PLANS[3], Standing.ACTIVE, "/hub/subscriptions/3"),
    Own(PLANS[2], Standing.PAST_DUE, "/hub/subscriptions/6", acts=(Act.CANCEL,), card=True, pay_url=PAY),
    Own(PLANS[2], Standing.CANCELLED, "/hub/subscriptions/4", NOW + 9 * DAY, NOW - DAY),
    Own(PLANS[5], Standing.CANCELLED, "/hub/subscriptions/5"),
)
PAUSING = replace(OWN[0], under_way=Verb.PAUSE, asked_at=NOW - DAY, acts=(Act.CANCEL,))
KEEPING = replace(OWN[0], under_way=Verb.UNDO_CANCEL, asked_at=NOW - DAY, acts=(Act.CANCEL,))

AT_ONCE = Own(PLANS[1], Standing.CANCELLING, "/hub/subscriptions/2", NOW, NOW)
CHANGES = (Act.UNDO, Act.PAUSE, Act.RESUME)
CARDS = {
    "asking": own_pages.CardPage("Stripe"),
    "ready": own_pages.CardPage("Stripe", "https://billing.example.com/p/session/1"),
    "failed": own_pages.CardPage("Stripe", failed=True),
}


def mails(env: Stationery, brand: Brand) -> dict[str, str]:
    return {f"note-{name}": render_note(env, brand, note, READER).html for name, note in NOTES.items()}


def pages(env: Stationery, brand: Brand) -> dict[str, str]:
    """Every page and state by its name."""
    details = {
        "details": Details({**TYPED, "postal_code": "24103"}),
        "details-wrong": Details(
            {**TYPED, "phone": "call me"}, {"postal_code": Wrong.POSTAL_CODE, "phone": Wrong.PHONE}
        ),
        "details-saved": Details({}, saved=True),
    }
    emails = {
        "email": NewEmail(),
        "email-wrong": NewEmail("ada@new", wrong=True),
        "email-same": NewEmail("ada@example.com", same=True),
        "email-limited": NewEmail("ada@new.example", limited=True),
        "email-stale": NewEmail(stale=True),
        "email-stale-limited": NewEmail(stale=True, limited=True),
        "email-asked": NewEmail("ada@new.example", asked=True),
        "email-link": NewEmail(link_sent=True),
    }
    asking = {
        "press-address": press_pages.ask_new_address(env, brand, "ada@new.example", "en"),
        "press-undo": press_pages.ask_undo(env, brand, "ada@example.com", "en"),
        "press-done": press_pages.ask_done(env, PRESSED, READER),
        "press-done-pause": press_pages.ask_done(env, replace(PRESSED, verb=Verb.PAUSE), READER),
    }
    return {
        **{name: own_pages.render_details(env, brand, VIEWER, each) for name, each in details.items()},
        **{name: own_pages.render_new_email(env, brand, VIEWER, each) for name, each in emails.items()},
        **{name: press_pages.render_press(env, brand, each) for name, each in asking.items()},
        "subscriptions": own_pages.render_subscriptions(env, brand, VIEWER, OWN),
        "subscriptions-noticed": own_pages.render_subscriptions(env, brand, NOTICED, OWN, card=True),
        "subscriptions-pausing": own_pages.render_subscriptions(env, brand, VIEWER, (PAUSING, KEEPING)),
        "cancel": own_pages.render_cancel(env, brand, VIEWER, OWN[0]),
        "cancel-choice": own_pages.render_cancel(env, brand, VIEWER, replace(OWN[0], at_once=True)),
        **{f"change-{act}": own_pages.render_change(env, brand, VIEWER, OWN[0], act) for act in CHANGES},
        **{f"card-{name}": own_pages.render_card(env, brand, VIEWER, OWN[0], each) for name, each in CARDS.items()},
        "cancelling": own_pages.render_cancelling(env, brand, VIEWER, OWN[1], thanked=False),
        "cancelling-thanked": own_pages.render_cancelling(env, brand, VIEWER, OWN[1], thanked=True),
        "cancelling-now": own_pages.render_cancelling(env, brand, VIEWER, AT_ONCE, thanked=False),
    }
