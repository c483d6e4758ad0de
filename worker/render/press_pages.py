"""Pages behind links in mails that change something: each asks once more, for scanners open every link.

Rules: one form, one button, and what pressing it does stands above it.
"""

from dataclasses import dataclass

from worker.core.open_action import CANCELS
from worker.core.provider_action import Verb
from worker.render import formats, names
from worker.render.brand import Brand
from worker.render.note_voice import Cancellation, Reader
from worker.render.pages import Notice, render_page
from worker.render.stationery import Stationery
from worker.render.subscriptions import Setting, shown_plan
from worker.render.words import Words


@dataclass(frozen=True, slots=True)
class Press:
    """One question. `csrf` is the hidden field; `again`: the browser didn't say where the press came from."""

    title: str
    paragraphs: tuple[str, ...]
    button: str
    facts: tuple[tuple[str, str], ...] = ()
    locale: str = "en"
    csrf: str = ""
    again: bool = False


def render_press(env: Stationery, brand: Brand, press: Press) -> str:
    """The page."""
    return render_page(env, brand, "press", env.words(press.locale), {"press": press})


def ask_new_address(env: Stationery, brand: Brand, address: str, locale: str) -> Press:
    """Is this new address yours?"""
    _, values = env.words(locale).gettext, {"shop": brand.name, "address": address}
    return Press(
        title=_("Use this address?"),
        paragraphs=(
            _("Receipts and links from %(shop)s will come to %(address)s from now on.") % values,
            _("Your receipts stay as they are. Wherever else you are signed in, you are signed out."),
        ),
        button=_("Use this address"),
        locale=locale,
    )


def ask_undo(env: Stationery, brand: Brand, address: str, locale: str) -> Press:
    """Undo the change?"""
    _, values = env.words(locale).gettext, {"shop": brand.name, "address": address}
    return Press(
        title=_("Undo the new address?"),
        paragraphs=(
            _("Receipts and links from %(shop)s will come to %(address)s again.") % values,
            _("Whoever is signed in now is signed out everywhere."),
        ),
        button=_("Undo it"),
        locale=locale,
    )


@dataclass(frozen=True, slots=True)
class Pressed:
    """An action whose done link was opened. `about` is its subscription, `customer` an address, `place` (source,
    reference)."""

    verb: Verb
    about: Cancellation | None
    customer: str
    place: tuple[str, str]


def ask_done(env: Stationery, pressed: Pressed, reader: Reader) -> Press:
    """To the merchant: is it done at the provider?"""
    words, (source, ref) = env.words(reader.locale), pressed.place
    _, cancels = words.gettext, pressed.verb in CANCELS
    return Press(
        title=_("Is it cancelled?") if cancels else _("Is it done?"),
        paragraphs=(
            (
                _("Press the button once this subscription is cancelled at %(source)s.")
                if cancels
                else _("Press the button once this is done at %(source)s.")
            )
            % {"source": names.provider(source)},
            _("Your customer is then told that it is cancelled and that nothing more will be charged.")
            if cancels
            else _("Then it counts as done here."),
        ),
        button=_("Yes, it is cancelled") if cancels else _("Yes, it is done"),
        facts=(
            (_("Customer"), pressed.customer),
            (_("Asked for"), wish_words(pressed.verb, words)),
            *_about(pressed, words, reader),
            (_("Number at %(source)s") % {"source": names.provider(source)}, ref),
        ),
        locale=reader.locale,
    )


def wish_words(verb: Verb, words: Words) -> str:
    """What is wanted, in a word or two."""
    _ = words.gettext
    return {
        Verb.CANCEL_AT_PERIOD_END: _("Cancel"),
        Verb.CANCEL_NOW: _("Cancel at once"),
        Verb.UNDO_CANCEL: _("Take the cancellation back"),
        Verb.PAUSE: _("Pause"),
        Verb.RESUME: _("Resume"),
        Verb.UPDATE_CUSTOMER: _("Change the customer’s details"),
        Verb.CARD_PAGE: _("Change the card"),
    }[verb]


def _about(pressed: Pressed, words: Words, reader: Reader) -> tuple[tuple[str, str], ...]:
    about, _ = pressed.about, words.gettext
    if about is None:
        return ()
    setting = Setting(words, formats.known_locale(reader.locale), reader.timezone, about.asked_at)
    name = names.shown(about.plan.name) if about.plan.name else _("Subscription")
    shown = ((_("Subscription"), f"{name}, {shown_plan(about.plan, setting).price}"),)
    if pressed.verb not in CANCELS:
        return shown
    return (*shown, (_("To end"), _("At once") if about.ends_at <= about.asked_at else setting.day(about.ends_at)))


def told_changed(env: Stationery, address: str, locale: str) -> Notice:
    """The address is changed."""
    _ = env.words(locale).gettext
    return Notice(
        _("Your address is changed"),
        _("From now on, mails go to %(address)s.") % {"address": address},
        action=(_("See my purchases"), "/hub/"),
        locale=locale,
    )


def told_taken(env: Stationery, locale: str) -> Notice:
    """The address is another customer's."""
    _ = env.words(locale).gettext
    return Notice(
        _("This address can’t be used"),
        _("There are purchases of their own at this address, so nothing was changed."),
        _("Write to us and we will bring them together."),
        locale=locale,
    )


def told_undone(env: Stationery, address: str, locale: str) -> Notice:
    """The change is undone."""
    _ = env.words(locale).gettext
    return Notice(
        _("It is undone"),
        _("Mails go to %(address)s again, and everybody was signed out.") % {"address": address},
        _("If somebody can read your mail, change the password of your mailbox."),
        action=(_("Get a link to my purchases"), "/updateinfo/"),
        locale=locale,
    )


def told_over(env: Stationery, locale: str) -> Notice:
    """The link can do nothing any more."""
    _ = env.words(locale).gettext
    return Notice(
        _("This link no longer works"),
        _("It has run out, was used already, or a newer one took its place. Nothing was changed."),
        action=(_("Get a link to my purchases"), "/updateinfo/"),
        locale=locale,
    )


def told_done(env: Stationery, locale: str, *, cancels: bool = True) -> Notice:
    """To the merchant: noted."""
    _ = env.words(locale).gettext
    return Notice(
        _("Thank you, that is noted"),
        _("Your customer is told that the subscription is cancelled.") if cancels else _("It counts as done now."),
        _("You can close this page."),
        locale=locale,
        settled=True,
    )
