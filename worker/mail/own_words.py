"""A person's own words in an inbound mail: what is no quote, no signature, no forwarded mail, no phone's last line.

In doubt there are some: a word too many costs the shop's people a glance, a lost one costs the customer.
"""

import re
from collections.abc import Iterator

_SIGNATURE = re.compile(r"--\s?")
_QUOTE_BELOW = re.compile(
    r"-{2,}\s*(original message|ursprüngliche nachricht|originalnachricht|message d.origine|mensaje original"
    r"|messaggio originale|mensagem original|oorspronkelijk bericht|original-nachricht|oprindelig meddelelse"
    r"|ursprungligt meddelande|wiadomość oryginalna|original besked|元のメッセージ|原始邮件|原始郵件"
    r"|forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado|messaggio inoltrato"
    r"|mensagem encaminhada|doorgestuurd bericht|przekazana wiadomość|転送メッセージ|转发的邮件)\s*-{2,}"
    r"|_{20,}|(begin forwarded message|anfang der weitergeleiteten nachricht|début du message réexpédié)\s*:",
    re.IGNORECASE,
)
_OUTLOOK_HEAD = re.compile(
    r"\*?(from|von|de|da|van|från|fra|od|lähettäjä|feladó|от|от кого|kimden|από|差出人|发件人|寄件者|寄件人|보낸 사람)"
    r"\s?[:：]\*?\s?.*@",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"((sent (from|with|via)|get outlook for|von meinem|gesendet (von|mit)|envoyé (de|depuis|à partir)"
    r"|télécharger outlook|enviado (desde|do|de)|obtener outlook|inviato (da|dal)|ottieni outlook"
    r"|verzonden (vanaf|met|via)|verstuurd vanaf|outlook voor|obter o outlook|wysłan[eo] z|pobierz outlook"
    r"|skickat från|sendt fra|lähetetty|odesláno|отправлено с|发自|發自|從我的|来自)\b.{0,60}"
    r"|.{0,40}(から送信|からの送信|에서 보냄|gönderildi|傳送|发送))",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"^((re|aw|sv|antw|rv|vs|tr|r|rif|res|ant|fwd?|wg|odp|ynt|回复|回覆|答复|返信)\s*[:：]\s*)+", re.IGNORECASE
)
_ASKING = frozenset(
    "access,link,my link,login,log in,sign in,purchases,my purchases,your purchases,hub,orders,my orders".split(",")
)
"""Subjects that ask for the link and say nothing more."""


def answers(subject: str) -> bool:
    """Whether the subject is another mail's, answered or handed on."""
    return _ANSWER.match(subject) is not None


def own_words(subject: str, text: str) -> bool:
    """Whether these are more than a quoted mail, a signature and a subject that only asks for the link."""
    if any(character.isalnum() for line in _own_lines(text) for character in line):
        return True
    return not answers(subject) and subject.strip(" .!?").lower() not in _ASKING and any(c.isalnum() for c in subject)


def own_text(text: str) -> str:
    """The text without quotes and signatures."""
    return "\n".join(_own_lines(text))


def _own_lines(text: str) -> Iterator[str]:
    lines = [line.strip() for line in text.split("\n")]
    for at, line in enumerate(lines):
        if _SIGNATURE.fullmatch(line) or _QUOTE_BELOW.match(line) or _OUTLOOK_HEAD.match(line):
            return
        if not line.startswith(">") and not _introduces(lines, at) and not _DEVICE.fullmatch(line):
            yield line


def _introduces(lines: list[str], at: int) -> bool:
    """Whether the line belongs to "On Monday Ada wrote:" above a quote, which may take up to three lines."""
    for end in range(at, min(at + 3, len(lines))):
        if not lines[end] or lines[end].startswith(">"):
            return False
        if lines[end].endswith((":", "：")):
            below = next((line for line in lines[end + 1 : end + 4] if line), "")
            return below.startswith(">")
    return False
