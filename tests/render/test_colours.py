"""Whatever colours a merchant chooses, every word can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.render.brand import Brand
from worker.render.colours import SHAPE, TEXT, colours, contrast, is_colour, readable
from worker.render.console.receipt_settings import contrasts

ACCENTS = "#1f5f4a #2b4acb #ffd400 #ffffff #000000 #888888 #ff0000 #00ff00 #7f7f00 #e91e63 #fafafa #111 #abc".split()
BACKGROUNDS = "#faf9f6 #ffffff #f0e6d2 #101010 #777777 #ffd400".split()
COLOUR = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("accent", ACCENTS)
def test_every_word_can_be_read(accent: str, background: str) -> None:
    _can_be_read(accent, background)


@given(accent=COLOUR, background=COLOUR)
def test_every_word_can_be_read_in_any_colours(accent: str, background: str) -> None:
    _can_be_read(accent, background)


def _can_be_read(accent: str, background: str) -> None:
    both = colours(accent, background)
    for palette in (both.light, both.dark):
        assert contrast(palette.ink, palette.background) >= TEXT
        assert contrast(palette.ink, palette.raised) >= 4
        assert contrast(palette.quiet, palette.background) >= TEXT
        assert contrast(palette.accent, palette.background) >= TEXT
        assert contrast(palette.on_fill, palette.fill) >= TEXT
    assert contrast(both.dark.fill, both.dark.background) >= SHAPE


def test_a_good_accent_stays_as_it_is() -> None:
    light = Brand(name="", accent="#2b4acb", background="#ffffff").colours.light
    assert (light.accent, light.fill, light.on_fill) == ("#2b4acb", "#2b4acb", "#ffffff")
    assert readable("#767676", "#ffffff") == "#767676"


def test_contrast_is_wcag_s() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert round(contrast("#767676", "#fff"), 2) == 4.54


def test_what_is_a_colour() -> None:
    assert all(map(is_colour, ("#fff", "#1f5f4a", "#ABCDEF")))
    assert not any(map(is_colour, ("red", "#12345", "#fff;x", "", "#ggg")))
    with pytest.raises(ValueError, match="write it like #1f5f4a"):
        colours("red", "#ffffff")


def test_empty_colours_are_ours() -> None:
    assert Brand(name="", accent="", background="").colours == Brand(name="").colours


@pytest.mark.parametrize("accent", ["#ffff00", "#1f5c4d", "#e8a33d", "#000000", "#ffffff"])
def test_a_merchant_is_told_what_is_shown(accent: str) -> None:
    day, night = contrasts(accent, "#faf9f7")
    palettes = colours(accent, "#faf9f7")
    assert day.shown == palettes.light.accent
    assert contrast(night.shown, night.background) >= 4.5
    for each in (day, night):
        assert each.kept == (contrast(accent, each.background) >= 4.5)
        assert (each.shown == accent) == each.kept


def test_what_is_no_colour_has_no_contrast() -> None:
    assert contrasts("red", "#ffffff") == []
