"""Samples of what the mail door hands on, and of every page that says one thing, for pictures and tests."""

from dataclasses import replace

from render import papers
from worker.mail.authentication import Standing
from worker.render import pages, press_pages
from worker.render.brand import Brand
from worker.render.forwards import ForwardMail, render_forward
from worker.render.stationery import Stationery

WRITTEN = """Hello,

I moved last week. Could you correct the address on my invoice HP-1042?
It is now Holtenauer Straße 12, 24103 Kiel.

Kind regards
Ada"""
FORWARD = ForwardMail(
    "ada@example.com", "access@shop.example", "My address", WRITTEN, papers.SOLD, "words", timezone="Europe/Berlin"
)
ENDED = "I hereby cancel my subscription “Letterpress club” at the next possible date.\n\nAda Lindqvist"
FORWARDS = {
    "verified": replace(FORWARD, standing=Standing.VERIFIED, why="reply"),
    "unverified": FORWARD,
    "forged": replace(FORWARD, standing=Standing.FORGED, why="unauthenticated"),
    "notice": replace(FORWARD, subject="Cancellation", text=ENDED, why="notice", standing=Standing.VERIFIED),
    "postmaster": replace(FORWARD, recipient="postmaster@shop.example", why="address"),
    "unreadable": replace(FORWARD, sender=None, subject="", text="", why="malformed"),
}


def mails(env: Stationery, brand: Brand) -> dict[str, str]:
    """A forward in each standing and for each reason."""
    return {f"forward-{name}": render_forward(env, brand, mail).html for name, mail in FORWARDS.items()}


def notices(env: Stationery, brand: Brand) -> dict[str, str]:
    """Every page with one message, and with the button that it gets where it has none of its own."""
    told = {occasion.value: pages.notice_of(env, occasion) for occasion in pages.Occasion}
    told |= {
        "changed": press_pages.told_changed(env, "ada@new.example", "en"),
        "taken": press_pages.told_taken(env, "en"),
        "undone": press_pages.told_undone(env, "ada@example.com", "en"),
        "over": press_pages.told_over(env, "en"),
        "done": press_pages.told_done(env, "en"),
    }
    write = ("Write to us", f"mailto:{brand.support_email}")
    return {
        f"notice-{name}": pages.render_notice(
            env, brand, each if each.action or each.settled else replace(each, action=write)
        )
        for name, each in told.items()
    }
