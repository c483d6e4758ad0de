"""Authentication-Results (RFC 8601): what the merchant's own mail server found out about a mail.

Rules: anybody can write such a header into a mail. Only the topmost one that bears our server's name counts, whole or
not at all: the server puts its own above all that a mail brought along. What bears another name is a stranger's word.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from worker.mail.authentication import UNKNOWN, Authentication, Result, Wish
from worker.mail.dmarc import aligned
from worker.mail.public_suffixes import Suffixes
from worker.mail.read import LONGEST_HEADER

_BLANKS = re.compile(r"[ \t]*")
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s;="()\\]+)|([;=])')
_PARENTHESIS = re.compile(r"\\.|[()]")
_DEEPEST = 10
_POLICY = re.compile(r"(?<![\w.-])(?:s?p|policy)\s*=\s*(none|quarantine|reject)(?!\w)")
_POLICIES = ("policy.dmarc", "action")
_WISHES = {"none": Wish.NONE, "quarantine": Wish.QUARANTINE, "reject": Wish.REJECT, "oreject": Wish.REJECT}
_RESULTS = {"pass": Result.PASS, "fail": Result.FAIL}
_LEAST = 3  # words of a finding: method, equals sign, result


@dataclass(frozen=True, slots=True)
class Finding:
    """One method's result with its properties, in lower case; `comments` is what stands in parentheses."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...] = ()
    comments: str = ""

    def all_of(self, name: str) -> list[str]:
        """The values of a property."""
        return [value for each, value in self.properties if each == name]


def believed(fields: Sequence[str], server: str, domain: str, suffixes: Suffixes) -> Authentication:
    """What our server says about a From address of that domain. `fields` are the headers' values from the top."""
    found = (findings for value in fields if (findings := findings_of(value, server)) is not None)
    return _authentication(next(found, []), domain, suffixes)


def findings_of(value: str, server: str) -> list[Finding] | None:
    """The findings of a header that bears the server's name; None where it bears another, empty if it is broken."""
    named = re.match(rf'[ \t]*"?{re.escape(server)}"?[ \t]*(?=[;( \t]|$)', value, re.IGNORECASE)
    if named is None:
        return None
    parts = _parts(value[named.end() :]) if len(value) < LONGEST_HEADER else None
    if not parts or parts[0].words not in ([], ["1"]):  # RFC 8601 section 2.5: no version but 1 is known
        return []
    return [finding for part in parts[1:] if (finding := _finding(part)) is not None]


def _authentication(findings: list[Finding], domain: str, suffixes: Suffixes) -> Authentication:
    if not findings:
        return UNKNOWN
    about = [each for each in findings if each.method == "dmarc"]
    words = {each.result if _is_about(each, domain) else "?" for each in about}
    result = _RESULTS.get(words.pop(), Result.NONE) if len(words) == 1 else Result.NONE
    signed = result is not Result.FAIL and any(_signed(each, domain, suffixes) for each in findings)
    told = "; ".join(f"{each.method}={each.result}" for each in findings)
    return Authentication(result, _wish(about), signed, told)


def _is_about(finding: Finding, domain: str) -> bool:
    return all(value.rpartition("@")[2] == domain for value in finding.all_of("header.from"))


def _signed(finding: Finding, domain: str, suffixes: Suffixes) -> bool:
    if (finding.method, finding.result) != ("dkim", "pass"):
        return False
    identities = [value.rpartition("@")[2] for value in finding.all_of("header.i")]
    signers = finding.all_of("header.d") or identities
    return bool(signers) and all(aligned(domain, signer, suffixes, strict=False) for signer in signers)


def _wish(about: list[Finding]) -> Wish:
    """The mildest that is named: servers write the wish in many ways, and some name that for subdomains beside it."""
    words = [word for each in about for name in _POLICIES for word in each.all_of(name)]
    words += [word for each in about for word in _POLICY.findall(each.comments)]
    return min((_WISHES[word] for word in words if word in _WISHES), key=list(Wish).index, default=Wish.NONE)


@dataclass(frozen=True, slots=True)
class _Part:
    """What stands between two semicolons; None among the words is an equals sign."""

    words: list[str | None] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


def _parts(value: str) -> list[_Part] | None:
    """None where quotes or parentheses don't end."""
    parts, at = [_Part()], 0
    while (at := _end(_BLANKS.match(value, at))) < len(value):
        if value[at] == "(":
            start, at = at + 1, _comment_end(value, at)
            parts[-1].comments.append(value[start : at - 1].lower())
            if at == 0:
                return None
            continue
        token = _TOKEN.match(value, at)
        if token is None:
            return None
        at = token.end()
        if token[3] == ";":
            parts.append(_Part())
        else:
            parts[-1].words.append(None if token[3] else (token[1] or token[2] or "").lower())
    return parts


def _end(match: re.Match[str] | None) -> int:
    assert match is not None, "blanks match even where there are none"
    return match.end()


def _comment_end(value: str, start: int) -> int:
    """Where the comment that begins there is over (RFC 5322 section 3.2.2); 0 for nowhere, or too deep."""
    depth = 0
    for mark in _PARENTHESIS.finditer(value, start):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if depth == 0:
            return mark.end()
        if depth > _DEEPEST:
            return 0
    return 0


def _finding(part: _Part) -> Finding | None:
    """`method[/version]=result` and its properties, of which each is `name=value`."""
    words = part.words
    if len(words) < _LEAST or words[0] is None or words[1] is not None or words[2] is None:
        return None
    pairs, at = [], _LEAST
    while at + 2 < len(words):
        name, equals, value = words[at : at + 3]
        if name is not None and equals is None and value is not None:
            pairs.append((name, value))
            at += 2
        at += 1
    return Finding(words[0].partition("/")[0], words[2], tuple(pairs), " ".join(part.comments))
