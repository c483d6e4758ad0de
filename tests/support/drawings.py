"""Small pictures of every kind that mail programs show, made by hand."""

import struct
import zlib


def png(width: int = 3, height: int = 2, extra: bytes = b"") -> bytes:
    """A PNG; `extra` are chunks before its pixels."""
    rows = b"".join(b"\0" + bytes(3 * width) for _ in range(min(height, 64)))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + pixels + chunk(b"IEND", b"")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def gif(width: int = 3, height: int = 2, extra: bytes = b"") -> bytes:
    """A GIF of one colour; `extra` are blocks before its pixels."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    shown = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x44\x01\x00"
    return head + extra + shown + b"\x3b"


def jpeg(width: int = 3, height: int = 2, extra: bytes = b"") -> bytes:
    """The segments of a JPEG, with pixels that nobody decodes; `extra` are segments before them."""
    frame = segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + extra + frame + scan + b"\xff\xd9"


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data
