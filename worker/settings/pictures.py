"""A picture that every mail program shows: what it is by its own bytes, and nothing in it but the picture.

Rules: the name and the type that somebody claims count for nothing; a file is walked to the picture's end and written
anew without what lies behind it and without notes, for a file that is also a script, an archive or a place on a map
must not travel in every mail. SVG is refused: mail programs don't show it, and it can hold scripts.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

LARGEST_BYTES = 200_000
"""The logo travels in every mail."""
LARGEST_SIDE = 4_000
"""Pixels: a small file can unpack to gigabytes in whatever program shows it."""

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"IDAT", b"IEND")
_GIFS = (b"GIF87a", b"GIF89a")
_JPEG = b"\xff\xd8"
_JPEG_DROPPED = frozenset((0xE1, *range(0xE3, 0xEE), 0xEF, 0xFE))
"""Notes, previews and places; what stays of the applications' segments says how colours are meant."""
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BROKEN = "is a picture that ends early or is damaged; save it anew and try again"


@dataclass(frozen=True, slots=True)
class Picture:
    """Bytes of a PNG, JPEG or GIF. Width and height are pixels."""

    mime_type: str
    data: bytes = field(repr=False)
    width: int
    height: int


def picture(data: bytes) -> Picture:
    """The picture in a file. Raises ValueError with what is wrong with it."""
    if len(data) > LARGEST_BYTES:
        raise ValueError(f"has {len(data)} bytes; at most {LARGEST_BYTES} travel in every mail")
    try:
        found = _read(data)
    except (IndexError, struct.error):
        raise ValueError(_BROKEN) from None
    if not (0 < found.width <= LARGEST_SIDE and 0 < found.height <= LARGEST_SIDE):
        raise ValueError(f"is {found.width} × {found.height} pixels; at most {LARGEST_SIDE} a side")
    return found


def _read(data: bytes) -> Picture:
    if data.startswith(_PNG):
        return _png(data)
    if data.startswith(_GIFS):
        return _gif(data)
    if data.startswith(_JPEG):
        return _jpeg(data)
    raise ValueError("must be a PNG, JPEG or GIF: mail programs show nothing else")


def _png(data: bytes) -> Picture:
    """PNG section 5: chunks, each with its check sum, from IHDR to IEND."""
    kept, width, height, ended = [_PNG], 0, 0, False
    for name, chunk in _png_chunks(data):
        if name == b"IHDR":
            width, height = struct.unpack(">II", chunk[8:16])
        if name in _PNG_KEPT:
            kept.append(chunk)
        ended = name == b"IEND"
    if not ended or not any(chunk[4:8] == b"IDAT" for chunk in kept):
        raise ValueError(_BROKEN)
    return Picture("image/png", b"".join(kept), width, height)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, name = len(_PNG), b""
    while name != b"IEND":
        (length,) = struct.unpack_from(">I", data, at)
        name, end = data[at + 4 : at + 8], at + 12 + length
        (told,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(data[at + 4 : end - 4]) != told or (at == len(_PNG)) != (name == b"IHDR"):
            raise ValueError(_BROKEN)
        yield name, data[at:end]
        at = end


def _jpeg(data: bytes) -> Picture:
    """ITU T.81 annex B: segments up to the end of the image."""
    kept, width, height, ended = [_JPEG], 0, 0, False
    for marker, segment in _jpeg_segments(data):
        if marker in _JPEG_FRAMES and not width:
            height, width = struct.unpack(">HH", segment[5:9])
        if marker not in _JPEG_DROPPED:
            kept.append(segment)
        ended = marker == 0xD9
    if not ended or not width:
        raise ValueError(_BROKEN)
    return Picture("image/jpeg", b"".join(kept), width, height)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    at, marker = len(_JPEG), 0
    while marker != 0xD9:
        if data[at] != 0xFF:
            raise ValueError(_BROKEN)
        marker, begin = data[at + 1], at
        if marker == 0xFF:  # fill bytes may stand before a marker
            at += 1
            continue
        at += 2 if marker == 0xD9 else 2 + struct.unpack_from(">H", data, at + 2)[0]
        if marker == 0xDA:
            at = _scan_end(data, at)
        if at > len(data):
            raise ValueError(_BROKEN)
        yield marker, data[begin:at]


def _scan_end(data: bytes, at: int) -> int:
    """Coded pixels end at the first marker that is neither a stuffed byte nor a restart."""
    while data[at] != 0xFF or data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
        at += 1
    return at


def _gif(data: bytes) -> Picture:
    """GIF89a: header, colours, then blocks up to the trailer; an extension is kept if it says how to show or repeat."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + _colours(flags)
    kept, shows = [data[:at]], False
    while data[at] != 0x3B:
        begin, at = at, _gif_block_end(data, at)
        shows = shows or data[begin] == 0x2C
        if data[begin] == 0x2C or data[begin + 1] == 0xF9 or data[begin + 3 : begin + 11] == b"NETSCAPE":
            kept.append(data[begin:at])
    if not shows:
        raise ValueError(_BROKEN)
    return Picture("image/gif", b"".join((*kept, b"\x3b")), width, height)


def _gif_block_end(data: bytes, at: int) -> int:
    if data[at] == 0x2C:
        at += 11 + _colours(data[at + 9])
    elif data[at] == 0x21:
        at += 2
    else:
        raise ValueError(_BROKEN)
    while data[at]:
        at += 1 + data[at]
    return at + 1


def _colours(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
