"""The mails about a declaration: its confirmation, to whoever declared it, and the task, to the merchant.

Rules: the confirmation repeats what was typed with the time at which it came in (§ 312k (4) BGB; Directive 2011/83/EU
Art. 11a (4)) and says nothing else, for anybody may have typed that address; nothing typed becomes a link.
"""

from collections.abc import Callable
from dataclasses import dataclass

from worker.core.declaration import LONGEST, Declaration, Manner, What
from worker.render import formats, names
from worker.render.brand import Brand
from worker.render.declaration_pages import facts_of
from worker.render.letter import Rendered, letter
from worker.render.note_voice import Said
from worker.render.stationery import Stationery


@dataclass(frozen=True, slots=True)
class DeclarationMail:
    """A declaration as mails tell of it; `received_at` in UTC microseconds."""

    said: Declaration
    received_at: int
    locale: str = "en"
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Found:
    """What the merchant is told besides: whose the address is, whose the number, each by the address of theirs.

    `proven`: that customer was in. `asked`: the provider is asked to end the subscription. `again`: said a day ago.
    """

    customer: str | None = None
    owner: str | None = None
    proven: bool = False
    asked: bool = False
    again: bool = False


def render_confirmation(env: Stationery, brand: Brand, mail: DeclarationMail) -> Rendered:
    """To whoever declared: it was received, then, with these words."""
    words, locale = env.declared_words(mail.locale), formats.known_locale(mail.locale)
    _ = words.gettext
    moment = formats.moment(mail.received_at, mail.timezone, locale)
    values = {"shop": brand.name, "moment": moment}
    cancels = mail.said.what is What.CANCEL
    said = Said(
        subject=(
            _("We received your cancellation (%(moment)s)")
            if cancels
            else _("We received your withdrawal (%(moment)s)")
        )
        % values,
        headline=_("We received your cancellation") if cancels else _("We received your withdrawal"),
        paragraphs=(
            _("It came in at %(shop)s on %(moment)s, with what stands below. Keep this mail: it is your proof.")
            % values,
        ),
        facts=_mailed(facts_of(mail.said, words, mail.locale)),
        after=(
            _("A person sees to it and tells you what happens next."),
            _("Somebody typed this address on our web page. If it wasn’t you, please tell us."),
        ),
        for_merchant=False,
    )
    return letter(env, brand, "note", words, {"said": said, "url": None})


def render_task(env: Stationery, brand: Brand, mail: DeclarationMail, found: Found) -> Rendered:
    """To the merchant: what was declared, what it fits, and what to do."""
    words, locale = env.words(mail.locale), formats.known_locale(mail.locale)
    _ = words.gettext
    values = {
        "name": names.mailed(mail.said.name),
        "moment": formats.moment(mail.received_at, mail.timezone, locale),
    }
    said = Said(
        subject=_subject(mail.said, found, _) % values,
        headline=_("This declaration is still open") if found.again else _("A declaration came in"),
        paragraphs=(_standing(found, _) % values, _fits(mail.said, found, _)),
        facts=(
            *_mailed(facts_of(mail.said, words, mail.locale)),
            (_("Received"), values["moment"]),
        ),
        after=(
            _("Say in the console, under Declarations, that you saw to it. Your reply goes to whoever declared it."),
        ),
        for_merchant=True,
    )
    return letter(env, brand, "note", words, {"said": said, "url": None})


def _mailed(facts: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((label, names.mailed(value, LONGEST["reason"])) for label, value in facts)


def _subject(said: Declaration, found: Found, _: Callable[[str], str]) -> str:
    if said.what is What.CANCEL:
        return _("Still to do: cancellation by %(name)s") if found.again else _("To do: cancellation by %(name)s")
    return _("Still to do: withdrawal by %(name)s") if found.again else _("To do: withdrawal by %(name)s")


def _standing(found: Found, _: Callable[[str], str]) -> str:
    if found.proven:
        return _("A customer who had opened their purchases declared it on %(moment)s.")
    return _(
        "It was declared on %(moment)s on your web page, where nobody signs in: who it was is not proven. It may be "
        "valid as it stands, from that time on."
    )


def _fits(said: Declaration, found: Found, _: Callable[[str], str]) -> str:
    if found.asked:
        words = _(
            "It names a subscription of the customer with this address. The provider is asked to end it by itself."
        )
        more = _("The reason is for you to look at: whether it ends sooner, and whether money goes back.")
        return f"{words} {more}" if said.manner is Manner.EXTRAORDINARY else words
    if found.customer is not None and found.customer == found.owner:
        fits = _("Address and number are those of one customer.")
    elif found.customer is not None:
        fits = _("The address is a customer’s; the number isn’t known to be theirs.")
    elif found.owner is not None:
        fits = _("The address is nobody’s, but the number is that of the customer %(owner)s.") % {"owner": found.owner}
    else:
        fits = _("Neither the address nor a number is known.")
    return f"{fits} " + _("Nothing was done by itself: please see to it, and answer.")
