"""Where Letterkey listens: the port is free, or the running `letterkey run` of these settings has it."""

import asyncio
import errno
import socket
from collections.abc import Iterator

from worker.checks import certificate
from worker.checks.finding import Area, Finding
from worker.checks.scene import Scene
from worker.core.instance import HEADER, instance_mark
from worker.net.tls_look import own_until
from worker.net.web_call import Answer, Call
from worker.settings import Listen

AREA = Area("listeners")
SECONDS = 5.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # where it listens, not where we do


async def check_listeners(scene: Scene) -> list[Finding]:
    """The web, the operators' and the mail door, with the certificate of the last."""
    settings = scene.settings
    found = [await _web(scene, "hub.listen", settings.hub.listen)]
    if settings.ops.listen is not None:
        found.append(await _web(scene, "ops.listen", settings.ops.listen))
    if settings.inbound.smtp_listen is not None:
        found.append(await _mail(scene, settings.inbound.smtp_listen))
        found += _tls(scene)
    return found


async def runs(scene: Scene) -> bool:
    """Whether `letterkey run` of these settings answers on this machine."""
    return await _ours(scene, scene.settings.hub.listen)


async def _web(scene: Scene, setting: str, listen: Listen) -> Finding:
    fault = _bound(listen)
    if fault is None:
        return AREA.works(setting, f"{listen} is free: letterkey run isn't running")
    if fault.errno == errno.EADDRINUSE and await _ours(scene, listen):
        return AREA.works(setting, f"letterkey run answers at {listen}")
    return _faulty(setting, listen, fault)


async def _mail(scene: Scene, listen: Listen) -> Finding:
    setting, fault = "inbound.smtp_listen", _bound(listen)
    if fault is None:
        return AREA.works(setting, f"{listen} is free: letterkey run isn't running")
    if fault.errno == errno.EADDRINUSE and await runs(scene) and await _greets(listen):
        return AREA.works(setting, f"letterkey run takes mail at {listen}")
    return _faulty(setting, listen, fault)


def _bound(listen: Listen) -> OSError | None:
    """Why nothing can listen there, None where something could."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the worker does
            trial.bind((listen.host, listen.port))
            trial.listen(1)
    except OSError as error:
        return error
    return None


def _faulty(setting: str, listen: Listen, fault: OSError) -> Finding:
    match fault.errno:
        case errno.EADDRINUSE:
            remedy = f"see who has it (ss -ltnp 'sport = :{listen.port}') and stop that, or set {setting} to another"
            return AREA.wrong(setting, f"another program listens at {listen}", remedy)
        case errno.EACCES:
            remedy = "let it: AmbientCapabilities=CAP_NET_BIND_SERVICE under systemd; or use a port above 1023"
            return AREA.wrong(setting, f"this user may not listen at {listen}", remedy)
        case errno.EADDRNOTAVAIL:
            return AREA.wrong(setting, f"{listen.host} is no address of this machine", f"look at {setting}")
        case _:
            return AREA.wrong(setting, f"nothing can listen at {listen}: {fault.strerror}", f"look at {setting}")


async def _ours(scene: Scene, listen: Listen) -> bool:
    host = _EVERYWHERE.get(listen.host, listen.host)
    path = "/healthz" if listen == scene.settings.hub.listen else "/readyz"
    answer = await scene.call(Call(f"http://{Listen(host, listen.port)}{path}", seconds=SECONDS))
    return isinstance(answer, Answer) and is_ours(scene, answer)


def is_ours(scene: Scene, answer: Answer) -> bool:
    """Whether an answer of /healthz is from this installation."""
    return scene.keys is not None and answer.headers.get(HEADER.lower()) == instance_mark(scene.keys.document_keys)


async def _greets(listen: Listen) -> bool:
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection(_EVERYWHERE.get(listen.host, listen.host), listen.port)
            try:
                return (await reader.readline()).startswith(b"220")
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError):
        return False


def _tls(scene: Scene) -> Iterator[Finding]:
    inbound = scene.settings.inbound
    if not inbound.tls_cert or not inbound.tls_key:
        if inbound.smtp_listen and not inbound.smtp_listen.loopback:
            text = "mail comes in unencrypted: there is no inbound.tls_cert"
            yield AREA.look("certificate", text, "set inbound.tls_cert and inbound.tls_key, for STARTTLS")
        return
    try:
        yield certificate.lasting(AREA, own_until(inbound.tls_cert, inbound.tls_key), scene.clock.now())
    except OSError as error:
        words = getattr(error, "verify_message", None) or error.strerror or str(error)
        ended = "expired" in words
        remedy = (
            "renew it" if ended else "inbound.tls_cert has the chain, inbound.tls_key its unencrypted key, both PEM"
        )
        yield AREA.wrong("certificate", f"{inbound.tls_cert} can't be used: {words}", remedy)
