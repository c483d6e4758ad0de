"""Words: all of them are collected, and a catalogue takes their place."""

import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

from worker import shipped
from worker.render import words

ROOT = Path(__file__).resolve().parents[2]
COLLECT = "-q extract -F data/locale/babel.cfg --no-location --sort-output --omit-header -o".split()

GERMAN = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Paid %(amount)s on %(date)s"
msgstr "Am %(date)s %(amount)s bezahlt"

msgid "every month"
msgid_plural "every %(num)d months"
msgstr[0] "jeden Monat"
msgstr[1] "alle %(num)d Monate"
"""


def test_the_template_holds_every_string(tmp_path: Path) -> None:
    fresh = tmp_path / "letterkey.pot"
    collect = "from babel.messages.frontend import main; main()"
    subprocess.run([sys.executable, "-c", collect, *COLLECT, str(fresh), "."], cwd=ROOT, check=True)
    shipped_words = shipped.path("data", "locale", "letterkey.pot").read_text(encoding="utf-8")
    assert fresh.read_text(encoding="utf-8") == shipped_words, "run `make words`"


def test_a_catalogue_speaks(tmp_path: Path) -> None:
    (tmp_path / "de.po").write_text(GERMAN, encoding="utf-8")
    german = words.load(tmp_path).words("de-AT")
    assert german.language == "de"
    assert german.text["_"]("Paid %(amount)s on %(date)s", amount="5 €", date="1. Mai") == "Am 1. Mai 5 € bezahlt"
    assert german.text["ngettext"]("every month", "every %(num)d months", 3) == "alle 3 Monate"
    assert german.gettext("Not translated") == "Not translated"


def test_html_words_escape_what_goes_into_them(tmp_path: Path) -> None:
    english = words.load(tmp_path).words("de")
    assert english.language == "en"
    assert english.html["_"]("<b>Hello</b> %(name)s", name="<i>") == "<b>Hello</b> &lt;i&gt;"
    assert english.html["ngettext"]("one %(x)s", "%(num)d %(x)s", 2, x="&") == "2 &amp;"


@pytest.mark.parametrize("broken", ["msgid bad\n", 'msgid "a"\nmsgstr[x] "b"\n'])
def test_a_broken_catalogue_is_named(tmp_path: Path, broken: str) -> None:
    (tmp_path / "de.po").write_text(broken, encoding="utf-8")
    with pytest.raises(ValueError, match=r"de\.po"):
        words.load(tmp_path)


DECLARED = (
    "worker/render/declaration_pages.py",
    "templates/pages/declare.html",
    "templates/pages/declare_sure.html",
    "templates/pages/declared.html",
    "templates/pages/withdrawal.html",
    "templates/pages/hub.html",
    "templates/mail/letter.html",
    "templates/mail/note/body.html",
    "templates/mail/note/body.txt",
)
"""What people read of declarations, but for the confirmation's own words and the frame of pages."""


def test_german_declarations_are_whole() -> None:
    german = words.load(shipped.path("data", "locale", "declarations")).words("de_AT")
    for name in DECLARED:
        method = "python" if name.endswith(".py") else "jinja2.ext:babel_extract"
        for _, message, *_ in extract_from_file(method, ROOT / name):
            said = message if isinstance(message, str) else message[0]
            assert said in ("Name", "Test") or german.gettext(said) != said, (name, said)
