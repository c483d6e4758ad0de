"""The public address: does it lead here, by https, and under its own name?"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from worker.checks import certificate
from worker.checks.finding import Area, Finding, publish
from worker.checks.listeners import is_ours, runs
from worker.checks.scene import Scene
from worker.mail.dns_records import address_line
from worker.net.own_address import own_public_address
from worker.net.tls_look import shown_until
from worker.net.web_call import Answer, Call, NoAnswer, Why
from worker.settings import is_loopback

AREA = Area("base_url")
SECONDS = 15.0


async def check_public(scene: Scene) -> list[Finding]:
    """As a customer's browser comes, from this machine."""
    base = scene.settings.base_url
    if is_loopback(scene.host):
        return [AREA.look("address", f"{base} is this machine alone: good for trying out, customers can't open it")]
    answer = await scene.call(Call(f"{base}/healthz", seconds=SECONDS))
    if isinstance(answer, NoAnswer):
        return [_unreached(answer, scene)]
    scene.note_date("the server at base_url", answer, others=False)
    if not is_ours(scene, answer):
        return [await _elsewhere(answer, scene)]
    found = [AREA.works("address", f"{base} leads to this Letterkey"), await _host_header(scene)]
    ends = await _ends(scene)
    return [*found, *([certificate.lasting(AREA, ends, scene.clock.now())] if ends is not None else _plain(base))]


def _unreached(answer: NoAnswer, scene: Scene) -> Finding:
    host = scene.host
    match answer.why:
        case Why.NAME_UNKNOWN:
            remedy = "publish the address of this machine (or of the proxy before it) under that name"
            address = own_public_address() or "<the public IPv4 address>"
            return publish(AREA.wrong("address", f"the name {host} isn't found", remedy), address_line(host, address))
        case Why.CERTIFICATE:
            text = f"the certificate of {host} is refused: {answer.detail}"
            return AREA.wrong("certificate", text, certificate.remedy(answer.detail, host))
        case Why.TOO_SLOW:
            return AREA.wrong("address", f"{host} doesn't answer", "look at the firewall, and at where the name leads")
        case Why.NOBODY_THERE:
            remedy = f"start a proxy there that passes {host} on to hub.listen ({scene.settings.hub.listen})"
            return AREA.wrong("address", f"nobody answers at {scene.settings.base_url}", remedy)
        case _:
            remedy = "look at the port in base_url, and whether it is https:// there"
            return AREA.wrong("address", f"what answers at {scene.settings.base_url} isn't a web server", remedy)


async def _elsewhere(answer: Answer, scene: Scene) -> Finding:
    base, listen = scene.settings.base_url, scene.settings.hub.listen
    if answer.status in (301, 302, 303, 307, 308):
        to = urlsplit(answer.headers.get("location", ""))
        remedy = f"set base_url to where it leads in the end ({to.scheme}://{to.netloc})"
        return AREA.wrong("address", f"{base} leads on to another address", remedy)
    if not await runs(scene):
        remedy = "start letterkey run, and check again while it runs"
        return AREA.untried(
            "address", f"something answers at {base} ({answer.status}), and letterkey run isn't running", remedy
        )
    server = answer.headers.get("server", "unnamed")
    if answer.status in (502, 503, 504):
        remedy = f"have the proxy pass it on to hub.listen ({listen})"
        return AREA.wrong("address", f"the proxy at {base} doesn't reach Letterkey: it answers {answer.status}", remedy)
    text = f"another server answers at {base} ({answer.status}, {server}), not this Letterkey"
    return AREA.wrong("address", text, f"have the name lead to this machine, and its proxy pass it on to {listen}")


async def _host_header(scene: Scene) -> Finding:
    answer = await scene.call(Call(f"{scene.settings.base_url}/updateinfo/", seconds=SECONDS))
    if isinstance(answer, Answer) and answer.status == 200:
        return AREA.works("pages", "customers' pages open there")
    if isinstance(answer, Answer) and answer.status == 421:
        remedy = "have the proxy pass the Host header on (nginx: proxy_set_header Host $host;)"
        return AREA.wrong("pages", "the proxy hides the name that was asked for, so no page opens", remedy)
    said = f"it answers {answer.status}" if isinstance(answer, Answer) else str(answer.why)
    remedy = "have the proxy pass on all paths, and look at the journal of letterkey run"
    return AREA.wrong("pages", f"/updateinfo/ doesn't open there: {said}", remedy)


async def _ends(scene: Scene) -> int | None:
    parts = urlsplit(scene.settings.base_url)
    if parts.scheme != "https":
        return None
    found = scene.ask(scene.host, "A") or scene.ask(scene.host, "AAAA") if scene.settings.dns.servers else None
    return await shown_until(found[0] if found else scene.host, parts.port or 443, scene.host, SECONDS)


def _plain(base: str) -> Iterator[Finding]:
    if base.startswith("http:"):
        text = "plain http: anybody on the way can read the links"
        yield AREA.wrong("https", text, "put a proxy with a certificate in front, and write https://")
