"""The mailbox as the way in: log in, open the folder, see whether the host tells of new mail. Nothing is read."""

from typing import TYPE_CHECKING

from worker.checks import certificate
from worker.checks.finding import Area, Finding
from worker.checks.scene import Scene
from worker.core.mailbox import Fault
from worker.net.mailbox_address import MailboxAddress, Patience
from worker.settings import SettingsError
from worker.wiring.inbound import mailbox_of

if TYPE_CHECKING:
    from worker.net.imap_wire import MailboxFault
    from worker.net.mailbox import OpenMailbox

AREA = Area("mailbox")
_PATIENCE = Patience(connect=10, command=15, token=30)
_FOLDER = "Letterkey"


async def check_mailbox(scene: Scene) -> list[Finding]:
    """Nothing where there is none."""
    try:
        address = mailbox_of(scene.settings)
    except SettingsError as error:
        text, _, remedy = error.problems[0].partition(": ")
        return [AREA.wrong("imap_url", text, remedy)]
    return await _tried(address) if address is not None else []


async def _tried(address: MailboxAddress) -> list[Finding]:
    from worker.net.imap_wire import MailboxFault  # here, for it needs the extra `imap`
    from worker.net.mailbox import open_mailbox

    try:
        async with open_mailbox(address, _PATIENCE, _FOLDER) as mailbox:
            return [AREA.works("login", f"{address.user} may read {address.folder} at {address.host}"), _news(mailbox)]
    except MailboxFault as error:
        return [_fault(error, address)]


def _news(mailbox: "OpenMailbox") -> Finding:
    if mailbox.tells:
        return AREA.works("news", "the host tells of new mail at once (IDLE)")
    return AREA.look("news", "the host doesn't tell of new mail (no IDLE): links take up to 45 seconds")


def _fault(error: "MailboxFault", address: MailboxAddress) -> Finding:
    place = f"{address.host}:{address.port}"
    match error.fault:
        case Fault.REFUSED:
            remedy = (
                "put user and password in inbound.imap_url right (write / : @ # % as %2F %3A %40 %23 %25); some "
                "hosts want an app password or a token (docs/mailbox.md)"
            )
            return AREA.wrong("login", f"{place} refuses {address.user}", remedy)
        case Fault.FOLDER:
            remedy = "make it there, or name another at the end of inbound.imap_url; the first is INBOX"
            return AREA.wrong("folder", f"there is no folder {address.folder} at {place}", remedy)
        case Fault.TOKEN:
            return AREA.wrong("login", "inbound.imap_token_command prints no token", "run it by hand and see why")
        case _ if "certificate" in error.detail:
            return AREA.wrong("certificate", f"{place}: {error.detail}", certificate.remedy(error.detail, address.host))
        case Fault.GARBLED:
            return AREA.wrong("connection", f"what answers at {place} isn't IMAP", "look at the port: 993 for imaps://")
        case _:
            text = f"{place} can't be reached ({error.fault}{': ' + error.detail if error.detail else ''})"
            return AREA.wrong("connection", text, "look at host and port in inbound.imap_url, and at firewalls")
