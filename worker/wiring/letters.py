"""What the settings mean to mails and pages: their templates and look, who sends mails, and how they are signed."""

from pathlib import Path

from worker.exit.letters import Writer
from worker.mail.dkim import DkimKey, load_dkim_key
from worker.mail.message import InlineImage, Mailbox
from worker.render.brand import Brand
from worker.render.environment import BadTemplate, Stationery, make_environment
from worker.settings import Keys, Picture, Settings, SettingsError, picture
from worker.wiring.policy import domain_of
from worker.wiring.relay import relays_of


def writer_of(settings: Settings, keys: Keys, stationery: Stationery, brand: Brand) -> Writer:
    """What composing needs. Raises SettingsError where a DKIM key can't be used."""
    sender = settings.mail.from_
    assert sender is not None, "run refuses to start without mail.from"
    reply_to = settings.receipt_reply_to
    return Writer(
        stationery=stationery,
        brand=brand,
        sender=Mailbox(sender.name or settings.shop_name, sender.address),
        reply_to=Mailbox(settings.shop_name, reply_to) if reply_to is not None else None,
        reply_opens_hub=reply_to is not None and reply_to == settings.mail.access_address,
        base_url=settings.base_url,
        locale=settings.business.locale,
        timezone=settings.business.timezone,
        code_minutes=settings.links.code_minutes,
        secret_keys=keys.secret_keys,
        document_keys=keys.document_keys,
        bounce_address=settings.mail.bounce_address,
        marks=tuple(mark for relay in relays_of(settings).values() if (mark := relay.mark)),
        dkim=dkim_of(settings),
    )


def stationery_of(settings: Settings, brand: Brand) -> Stationery:
    """The templates: the merchant's own in `templates/` of the state directory win over ours.

    Raises SettingsError for one that can't be filled.
    """
    own = settings.state_dir / "templates"
    try:
        return make_environment(own if own.is_dir() else None, brand)
    except BadTemplate as error:
        raise SettingsError([str(error)]) from None


def brand_of(settings: Settings) -> Brand:
    """The merchant as mails and pages show it. Raises SettingsError for a logo that mails can't carry."""
    business = settings.business
    return Brand(
        name=settings.shop_name,
        logo=_logo(business.logo) if business.logo is not None else None,
        accent=business.colours.accent,
        background=business.colours.background,
        support_email=business.support_email,
        support_url=business.support_url,
    )


def _logo(logo: Path | Picture) -> InlineImage:
    try:
        shown = picture(logo.read_bytes()) if isinstance(logo, Path) else logo
    except OSError as error:
        raise SettingsError([f"business.logo {logo} can't be read: {error.strerror}"]) from None
    except ValueError as error:
        raise SettingsError([f"business.logo {logo} {error}"]) from None
    return InlineImage("logo", shown.mime_type, shown.data, f"logo.{shown.mime_type.removeprefix('image/')}")


def dkim_of(settings: Settings) -> DkimKey | None:
    """The key that signs mails, None where the relay does. Raises SettingsError where it can't be used."""
    path, selector = settings.mail.dkim_key, settings.mail.dkim_selector
    if path is None or selector is None:
        return None
    try:
        return load_dkim_key(path.read_bytes(), domain_of(settings), selector)
    except OSError as error:
        raise SettingsError([f"mail.dkim_key {path} can't be read: {error.strerror}"]) from None
    except (ValueError, ImportError) as error:
        raise SettingsError([f"mail.dkim_key {path}: {error}"]) from None
