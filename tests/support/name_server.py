"""A real DNS server on loopback, by UDP and TCP, with the zone of a test and the faults it asks for."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class Fault(Enum):
    """What a name server may do instead of answering."""

    SILENCE = "silence"
    SERVFAIL = "servfail"
    GARBAGE = "garbage"


Zone = Mapping[tuple[str, str], Sequence[str] | Fault]
"""(name, kind) → values as in a zone file; a TXT's value is the text itself."""


@dataclass(eq=False)
class NameServer(asyncio.DatagramProtocol):
    """`asked` has each question, in its order."""

    zone: dict[tuple[str, str], Sequence[str] | Fault]
    port: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        reply = self._reply(data, most=1232)
        if reply is not None:
            self._transport.sendto(reply, address)

    async def by_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
        reply = self._reply(data, most=65_535)
        if reply is not None:
            writer.write(len(reply).to_bytes(2, "big") + reply)
        writer.close()

    def _reply(self, data: bytes, most: int) -> bytes | None:
        query = dns.message.from_wire(data)
        [question] = query.question
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        found = self.zone.get((name, kind), self.zone.get((name, "CNAME"), ()))
        if isinstance(found, Fault):
            return {Fault.SILENCE: None, Fault.GARBAGE: data[:2] + b"\xff" * 20}.get(found, _failed(query))
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if not any(known == name for known, _ in self.zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        for value in found:
            shown = kind if (name, kind) in self.zone else "CNAME"
            text = _quoted(value) if shown == "TXT" else value
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", shown, text))
        wire = reply.to_wire(max_size=65_535)
        if len(wire) > most:
            reply.answer.clear()
            reply.flags |= dns.flags.TC
            wire = reply.to_wire()
        return wire


def _failed(query: dns.message.Message) -> bytes:
    reply = dns.message.make_response(query)
    reply.set_rcode(dns.rcode.SERVFAIL)
    return reply.to_wire()


def _quoted(text: str) -> str:
    pieces = [text[at : at + 250] for at in range(0, len(text), 250)] or [""]
    return " ".join('"' + piece.replace("\\", "\\\\").replace('"', '\\"') + '"' for piece in pieces)


@asynccontextmanager
async def name_server(zone: Zone) -> AsyncIterator[NameServer]:
    """A server that answers while the context lasts; its zone may be changed meanwhile."""
    made = NameServer(dict(zone))
    listening = await asyncio.start_server(made.by_tcp, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", made.port))
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: made, sock=udp)
    try:
        yield made
    finally:
        transport.close()
        listening.close()
        await listening.wait_closed()
