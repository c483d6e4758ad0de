"""Colours that can be read: from a merchant's accent and background to a full set for light and for dark.

Rules: text reaches a contrast of 4.5 : 1 (WCAG 2.2, 1.4.3) on what it stands on, the shape of a button 3 : 1 in the
dark (1.4.11); the merchant's own accent is kept wherever it can be, and moved towards black or white where it can't.
"""

import re
from dataclasses import dataclass
from functools import cache

TEXT = 4.5
SHAPE = 3.0
_INK, _PAPER = "#1c1b19", "#f4f2ee"
_DARK = "#191817"
_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_STEPS = 50


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one scheme. `accent` is for text and hairlines, `fill` for a button, `on_fill` for its words."""

    background: str
    raised: str
    ink: str
    quiet: str
    rule: str
    accent: str
    fill: str
    on_fill: str


@dataclass(frozen=True, slots=True)
class Colours:
    """Both schemes of one merchant."""

    light: Palette
    dark: Palette


def is_colour(text: str) -> bool:
    """Whether `text` is a colour as we take it: `#rgb` or `#rrggbb`."""
    return _HEX.fullmatch(text) is not None


@cache
def colours(accent: str, background: str) -> Colours:
    """Both schemes from the merchant's two colours. Raises ValueError where one is no hex colour."""
    return Colours(light=_palette(accent, background), dark=_palette(accent, _DARK))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, background: str, at_least: float = TEXT) -> str:
    """`colour`, moved as little as needed towards black or white to reach that contrast on `background`."""
    pole = _pole(background)
    mixes = (mix(colour, pole, step / _STEPS) for step in range(_STEPS))
    return next((mixed for mixed in mixes if contrast(mixed, background) >= at_least), pole)


def mix(one: str, other: str, share: float) -> str:
    """A colour between two: `share` 0 is the one, 1 the other."""
    channels = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in channels)


def _palette(accent: str, background: str) -> Palette:
    ink = max((_INK, _PAPER), key=lambda tone: contrast(tone, background))
    ink = ink if contrast(ink, background) >= 7 else _pole(background)
    # In the dark a dark accent would vanish; by day its words keep a pale button findable.
    fill = readable(accent, background, SHAPE) if background == _DARK else mix(accent, accent, 0)
    return Palette(
        background=mix(background, background, 0),
        raised=mix(background, ink, 0.05),
        ink=ink,
        quiet=readable(mix(ink, background, 0.38), background, 5.0),
        rule=mix(background, ink, 0.14),
        accent=readable(accent, background, 5.5 if background == _DARK else TEXT),
        fill=fill,
        on_fill=_on(fill),
    )


def _on(fill: str) -> str:
    """White where it can be read on `fill` (it looks best), else near-black, else black."""
    return next((tone for tone in ("#ffffff", _INK) if contrast(tone, fill) >= TEXT), "#000000")


def _pole(background: str) -> str:
    return max(("#000000", "#ffffff"), key=lambda tone: contrast(tone, background))


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _channels(colour: str) -> tuple[int, int, int]:
    if not is_colour(colour):
        raise ValueError(f"{colour!r} is no colour; write it like #1f5f4a")
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
