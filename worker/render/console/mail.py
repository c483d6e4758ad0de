"""The mail with the link that opens the console: who may get it stands in the settings, so it says little."""

from dataclasses import dataclass

from worker.render import formats
from worker.render.brand import Brand
from worker.render.letter import Rendered, letter
from worker.render.note_voice import Reader, Said
from worker.render.stationery import Stationery


@dataclass(frozen=True, slots=True)
class ConsoleMail:
    """Times are UTC microseconds."""

    url: str
    asked_at: int
    until: int
    reader: Reader


def render_console_mail(env: Stationery, brand: Brand, mail: ConsoleMail) -> Rendered:
    """The mail as subject, text and HTML."""
    words, locale = env.words(mail.reader.locale), formats.known_locale(mail.reader.locale)
    _, zone = words.gettext, mail.reader.timezone
    values = {
        "shop": brand.name,
        "asked": formats.moment(mail.asked_at, zone, locale),
        "until": formats.moment(mail.until, zone, locale),
    }
    said = Said(
        subject=_("%(shop)s: your link to the console") % values,
        headline=_("Your link to the console"),
        paragraphs=(
            _("It opens the pages from which %(shop)s is run, once, in the browser where you open it.") % values,
            _("It works until %(until)s.") % values,
        ),
        button=_("Open the console"),
        after=(
            _("You get this because your address was entered on the console’s page on %(asked)s.") % values,
            _(
                "If that wasn’t you, there is nothing to do: nobody comes in without this mail. Please don’t forward "
                "it: whoever opens the link can see every customer."
            ),
        ),
        for_merchant=True,
    )
    return letter(env, brand, "note", words, {"said": said, "url": mail.url})
