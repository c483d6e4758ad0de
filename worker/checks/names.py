"""DNS as far as it is used: may the relay send for us (SPF), does our signature hold (DKIM), what is said of forgeries
(DMARC), and does mail to our addresses come anywhere (MX)?

What can't be told is said to be untried, not wrong. Each fault has the record that mends it.
"""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address

from worker.checks.finding import Area, Finding, publish
from worker.checks.scene import Scene
from worker.mail.dmarc import find_record
from worker.mail.dns_records import (
    dkim_key_of,
    dkim_name,
    dkim_text,
    mx_line,
    relay_include,
    spf_domains,
    spf_texts,
    spf_with,
    txt_line,
)
from worker.mail.lookup import Kind
from worker.mail.spf_check import Came, check_spf
from worker.net.origins import shipped_suffixes
from worker.settings import Server, SettingsError, is_loopback
from worker.wiring.letters import dkim_of

AREA = Area("DNS")
_Question = Callable[[], Finding | None]
_MOST_INCLUDED = 10
"""RFC 7208, 4.6.4: lookups that a record may cost."""
_KINDS: tuple[Kind, ...] = ("A", "AAAA")
_NO_WISH = "v=DMARC1; p=none"
_SERVERS = "look at this machine's DNS (/etc/resolv.conf), or set dns.servers"


async def check_names(scene: Scene) -> list[Finding]:
    """Each record in a thread of its own, for a dead server makes every question wait."""
    if scene.resolver is None:
        why, _, remedy = scene.unasked.partition(": ")
        return [AREA.untried("records", f"DNS can't be asked: {why}", remedy or _SERVERS)]
    sender, relay = scene.settings.mail.from_, scene.settings.mail.smtp_url
    if sender is None or relay is None:
        return []
    if relay.loopback and is_loopback(scene.host):
        return [AREA.untried("records", "base_url and relay are this machine alone, so nobody looks at DNS yet")]
    asked = [*_sending(scene, relay, _domain(sender.address)), *_receiving(scene)]
    answers = await asyncio.gather(*(asyncio.to_thread(each) for each in asked))
    return [finding for finding in answers if finding is not None]


def _sending(scene: Scene, relay: Server, domain: str) -> Iterator[_Question]:
    bounce = scene.settings.mail.bounce_address
    yield lambda: _spf(scene, relay, _domain(bounce) if bounce else domain)
    yield lambda: _dkim(scene)
    yield lambda: _dmarc(scene, domain)


def _receiving(scene: Scene) -> Iterator[_Question]:
    mail = scene.settings.mail
    for setting, address in (("access_address", mail.access_address), ("bounce_address", mail.bounce_address)):
        if address is not None:
            yield partial(_mx, scene, f"mail.{setting}", _domain(address))


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _unknown(what: str, name: str, kind: Kind) -> Finding:
    return AREA.untried(what, f"no DNS server tells {name} {kind}", _SERVERS)


def _spf(scene: Scene, relay: Server, domain: str) -> Finding:
    """SPF looks at the envelope sender, so at the bounce address's domain where there is one."""
    texts = scene.ask(domain, "TXT")
    if texts is None:
        return _unknown("SPF", domain, "TXT")
    records = spf_texts(texts)
    include = relay_include(relay.host)
    term = f"include:{include}" if include else _term(_sends(scene, relay))
    if len(records) > 1:
        return AREA.wrong("SPF", f"{domain} has {len(records)} SPF records, so none counts", "make one of them")
    line = txt_line(domain, spf_with(records[0] if records else None, term))
    if not records:
        return publish(AREA.wrong("SPF", f"{domain} has no SPF record, so mails go to spam", _advice(include)), line)
    if (include and include in _included(scene, records[0])) or _passes(scene, domain, relay):
        return AREA.works("SPF", f"the record of {domain} names the relay")
    if include:
        text = f"the record of {domain} doesn't name the relay {relay.host}, so mails go to spam"
        return publish(AREA.wrong("SPF", text, _advice(include)), line)
    text = f"the record of {domain} doesn't name {_sends(scene, relay)}"
    remedy = "the relay may send from other machines: its manual says what your SPF record needs"
    return publish(AREA.look("SPF", text, remedy), line)


def _sends(scene: Scene, relay: Server) -> str:
    """Who sends, as far as can be told: a relay on this machine is known to others by the public address."""
    return scene.host if relay.loopback else relay.host


def _term(host: str) -> str:
    """What an SPF record says for a host that is a name or an address."""
    return next((f"ip{each.version}:{each}" for each in _literal(host)), f"a:{host}")


def _literal(host: str) -> list[IPv4Address | IPv6Address]:
    try:
        return [ip_address(host)]
    except ValueError:
        return []


def _addresses(scene: Scene, host: str) -> list[str]:
    return [str(each) for each in _literal(host)] or [each for kind in _KINDS for each in scene.ask(host, kind) or ()]


def _advice(include: str | None) -> str:
    return "publish this" if include else "publish this; where the relay's manual says otherwise, do as it says"


def _included(scene: Scene, record: str) -> set[str]:
    """All domains that a record leads to."""
    found, waiting = set[str](), spf_domains(record)
    while waiting and len(found) < _MOST_INCLUDED:
        name = waiting.pop(0)
        if name not in found:
            found.add(name)
            waiting += [each for text in spf_texts(scene.ask(name, "TXT") or ()) for each in spf_domains(text)]
    return found


def _passes(scene: Scene, domain: str, relay: Server) -> bool:
    """Whether SPF passes for an address of the relay, or of this machine where the relay is on it."""
    addresses = _addresses(scene, _sends(scene, relay))
    try:
        proofs = [check_spf(Came(each, None, f"letterkey-check@{domain}"), scene.ask) for each in addresses]
    except ImportError:
        return False
    return any(proof is not None and proof.word == "pass" for proof in proofs)


def _dkim(scene: Scene) -> Finding | None:
    try:
        key = dkim_of(scene.settings)
    except SettingsError:  # told with the settings already
        return None
    if key is None:
        remedy = "switch signing on there, for the domain of mail.from; or set mail.dkim_key"
        return AREA.untried("DKIM", "there is no mail.dkim_key, so the relay has to sign", remedy)
    name, wanted = dkim_name(key), dkim_text(key)
    texts = scene.ask(name, "TXT")
    if texts is None:
        return _unknown("DKIM", name, "TXT")
    keys = [found for text in texts if (found := dkim_key_of(text)) is not None]
    if keys == [dkim_key_of(wanted)]:
        return AREA.works("DKIM", f"the key of {name} is ours")
    if not keys:
        text, remedy = f"{name} has no record, so nobody can check our signature", "publish this"
    else:
        text = f"the record of {name} is of another key than {scene.settings.mail.dkim_key}, so mails go to spam"
        remedy = "publish this instead, under a new mail.dkim_selector while mails are on their way"
    return publish(AREA.wrong("DKIM", text, remedy), txt_line(name, wanted))


def _dmarc(scene: Scene, domain: str) -> Finding:
    suffixes = shipped_suffixes()
    found, name = find_record(domain, suffixes, scene.ask), f"_dmarc.{domain}"
    if found.record is not None:
        return AREA.works("DMARC", f"{domain} asks for {found.wish} with mail that isn't from there")
    texts = scene.ask(name, "TXT")
    if found.unsure or texts is None:
        return _unknown("DMARC", name, "TXT")
    if any("DMARC1" in text for text in texts):
        text, line = f"the record at {name} can't be understood, so it doesn't count", txt_line(name, _NO_WISH)
        return publish(AREA.wrong("DMARC", text, "publish this one instead"), line)
    text, line = f"{domain} has no DMARC record", txt_line(f"_dmarc.{suffixes.organisation(domain)}", _NO_WISH)
    remedy = "publish this: large mail hosts demand one, and it asks nothing of anybody yet"
    return publish(AREA.look("DMARC", text, remedy), line)


def _mx(scene: Scene, setting: str, domain: str) -> Finding:
    what, hosts = f"MX of {setting}", scene.ask(domain, "MX")
    if hosts is None:
        return _unknown(what, domain, "MX")
    named = [host for host in hosts if host]  # "." is a domain that takes no mail (RFC 7505)
    if named:
        return _leading(scene, what, domain, named)
    listens, text = scene.settings.inbound.smtp_listen, f"{domain} has no MX record, so mail to it comes nowhere"
    if not hosts and _addresses(scene, domain):
        text = f"{domain} has no MX record: mail to it is tried at its own address, if at all"
    if listens is not None:
        return publish(AREA.wrong(what, text, "publish this, with this machine's name"), mx_line(domain, scene.host))
    return AREA.wrong(what, text, "publish the MX record that the host of your mailbox names, or use another domain")


def _leading(scene: Scene, what: str, domain: str, hosts: list[str]) -> Finding:
    """Whether it leads to our own listener, where that is open to the Internet and nobody stands in front."""
    goes, listens = f"mail to {domain} goes to {', '.join(hosts)}", scene.settings.inbound.smtp_listen
    if listens is None or listens.loopback or scene.settings.inbound.trusted_peers:
        return AREA.works(what, goes)
    there = {each for host in hosts for each in _addresses(scene, host)}
    if there & {*_addresses(scene, scene.host)}:
        return AREA.works(what, f"{goes}, where {scene.host} is, too")
    remedy = f"name this machine there, or a mail server that hands mail on to {listens} (docs/postfix.md)"
    return AREA.look(what, f"{goes}, which is another machine than {scene.host}", remedy)
