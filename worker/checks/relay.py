"""The relay: can it be reached, secured and signed in to, and does it take our senders? Nothing is sent."""

from collections.abc import Iterator

from worker.checks import certificate
from worker.checks.finding import Area, Finding
from worker.checks.scene import Scene
from worker.core.outcome import Outcome, Phase, Result
from worker.net.rehearsal import Rehearsed, rehearse
from worker.net.relay_address import Timeouts
from worker.settings import Server, Settings
from worker.wiring.relay import relay_of

AREA = Area("relay")
_TIMEOUTS = Timeouts(connect=10, command=15)
_STEPS = {
    Phase.CONNECT: "connection",
    Phase.GREETING: "connection",
    Phase.EHLO: "connection",
    Phase.STARTTLS: "certificate",
    Phase.AUTH: "login",
}


async def check_relay(scene: Scene) -> list[Finding]:
    """As a mail would go, up to its recipient."""
    settings = scene.settings
    server, sender = settings.mail.smtp_url, settings.mail.from_
    if server is None or sender is None:
        missing = "mail.smtp_url" if server is None else "mail.from"
        return [AREA.untried("connection", f"{missing} is not set")]
    senders = _senders(settings, sender.address)
    recipient = settings.business.support_email or sender.address
    rehearsed = await rehearse(relay_of(server), list(senders), recipient, _TIMEOUTS)
    if rehearsed.told is not None:
        scene.note_time("the relay", rehearsed.told, others=not server.loopback)
    if rehearsed.refused is not None:
        return [_refused(rehearsed.refused, server)]
    return [*_open(rehearsed, server, scene.clock.now()), *_named(rehearsed, senders, recipient)]


def _senders(settings: Settings, sender: str) -> dict[str, str]:
    """Address → the setting that it comes from; a bounce address as it stands on a mail."""
    bounce = settings.mail.bounce_address
    if bounce is None:
        return {sender: "mail.from"}
    local, _, domain = bounce.rpartition("@")
    return {sender: "mail.from", f"{local}+letterkey-check@{domain}": "mail.bounce_address"}


def _refused(outcome: Outcome, server: Server) -> Finding:
    place = f"{server.host}:{server.port}"
    if outcome.result is Result.TLS_FAILED:
        remedy = certificate.remedy(outcome.text, server.host)
        if "does not offer STARTTLS" in outcome.text or "WRONG_VERSION" in outcome.text:
            remedy = "use smtps:// for port 465, smtp+starttls:// for port 587"
        return AREA.wrong("certificate", f"{place}: {certificate.refusal(outcome.text)}", remedy)
    if outcome.phase is Phase.AUTH:
        text = f"{place} refuses {server.user}: {_said(outcome)}"
        return AREA.wrong("login", text, _login_remedy(outcome))
    text, remedy = _away(outcome, place)
    return AREA.wrong(_STEPS.get(outcome.phase, "connection"), text, remedy)


def _login_remedy(outcome: Outcome) -> str:
    if outcome.result is Result.UNSUPPORTED:
        return "use smtp+starttls:// or smtps://; or leave user and password out, if the relay asks for none"
    return (
        "put user and password in mail.smtp_url right (write / : @ # % in them as %2F %3A %40 %23 %25); some "
        "providers want a password made for programs (app password)"
    )


def _away(outcome: Outcome, place: str) -> tuple[str, str]:
    match outcome.result:
        case Result.DNS_FAILED:
            return f"the name in {place} isn't found", "look at its spelling in mail.smtp_url, and this machine's DNS"
        case Result.TIMEOUT:
            return f"{place} doesn't answer", "look at host and port; many hosts block outgoing SMTP until asked"
        case Result.LOST:
            return f"nobody answers at {place}", "look at host and port in mail.smtp_url, and at firewalls"
        case Result.GARBAGE:
            return f"what answers at {place} doesn't speak SMTP", "look at the port: 587 for STARTTLS, 465 for TLS"
        case _:
            return f"{place} turns us away: {_said(outcome)}", "ask whoever runs it; the words are theirs"


def _open(rehearsed: Rehearsed, server: Server, now: int) -> Iterator[Finding]:
    who = f" as {server.user}" if server.user else ""
    yield AREA.works("connection", f"{server.host}:{server.port} lets us in{who}")
    if rehearsed.ends is not None:
        yield certificate.lasting(AREA, rehearsed.ends, now)


def _named(rehearsed: Rehearsed, senders: dict[str, str], recipient: str) -> Iterator[Finding]:
    for sender, outcome in rehearsed.senders:
        setting = senders[sender]
        if outcome is None:
            yield AREA.works(setting, f"it takes mail from {sender} (nothing was sent)")
        elif outcome.phase is Phase.MAIL:
            text = f"it refuses the sender {sender}: {_said(outcome)}"
            yield AREA.wrong(setting, text, _sender_remedy(setting))
        else:
            text = f"it refuses a mail from {sender} to {recipient}: {_said(outcome)}"
            yield AREA.wrong(setting, text, _sender_remedy(setting))


def _sender_remedy(setting: str) -> str:
    if setting == "mail.bounce_address":
        return "have the relay allow every sender of that domain, or leave mail.bounce_address empty"
    return "have the relay allow this sender (mostly: confirm the address or domain there), or change mail.from"


def _said(outcome: Outcome) -> str:
    return f"{outcome.code} {outcome.text}" if outcome.code else outcome.text or str(outcome.result)
