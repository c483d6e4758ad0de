"""By which signs a mail is known that says another could not be delivered.

Rules: the standard's report first (RFC 3464), then a mail server as sender, then words: those of the subject *and* of
the text, for people write about failed deliveries too, and forward reports of them.
"""

import re

from worker.mail.read import InboundMail

_READ_OF_TEXT = 3_000
_REPORT = re.compile(r"""multipart/report\b.*;\s*report-type\s*=\s*"?([\w-]+)""", re.IGNORECASE)
_DAEMON = re.compile(
    r"""
    (mailer-daemon|mail-daemon|maildaemon|postmaster|mdaemon|double-bounce|mail[._-]delivery[._-](sub)?system
    |microsoftexchange[0-9a-f]{32})"?\\?@
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SUBJECT = re.compile(
    r"""
    undeliver|un-?deliverable|non-?deliver|not\ delivered|delivery\ (status|fail|error|problem|warning|delay|notif)
    |mail\ (delivery|could\ not\ be\ delivered|error|system\ error)|message\ (delivery|undeliver|delayed|could\ not)
    |returned\ (mail|to\ sender)|return(ing)?\ .{0,20}to\ sender|failure\ notice|could\ not\ be\ delivered
    |failed\ delivery|nicht\ zu(stell|gestellt)|unzustell|zustellung|non\ (remis|distribu|d(é|e)livr)
    |(é|e)chec\ de\ (la\ )?(remise|distribution)
    |no\ se\ (puede|ha\ podido|pudo)\ entreg|devuelto|impossibile\ (recapitare|consegnare)
    |mancat[ao]\ (consegna|recapito)
    |n(ã|a)o\ (é|e|foi)\ poss(í|i)vel\ entregar|n(ã|a)o\ entregue|onbestelbaar|niet\ bezorgd
    |niedor(ę|e)cz|nie\ dostarczon
    |配信(不能|できません|エラー)|送信エラー|配達できません|无法(投递|送达|传递)|無法(投遞|傳遞|送達)
    |退信|未送达|未傳遞
    |leveransfel|leveringsfeil|leveringsfejl|toimitus\ ep(ä|a)onnistui|전송\ ?실패|반송
    |недоставлен|не\ доставлен|odoručiteln|nedoručiteln
    """,
    re.IGNORECASE | re.VERBOSE,
)
_TEXT = re.compile(
    r"""
    (message|e-?mail|mail|delivery|nachricht|mensaje|messaggio|mensagem|bericht|wiadomo)\b.{0,120}
        (not\ (be\ |been\ )?(deliver|reach|transmit|sent)|n't\ be\ (deliver|sent)|undeliver|fail|postponed|delayed
        |rejected|nicht\ (\w+\ )?zugestellt|pas\ pu|no\ se\ |impossibile
        |niet\ (worden\ )?(bezorgd|afgeleverd)|poss(í|i)vel|nie\ )
    |(unable\ to|not|n't|cannot|failed\ to)\ deliver\ (the\ |your\ |this\ )?(message|mail|to\ )
    |(following|failed|intended)\ (recipient|address|user)|recipient\(s\)|non-?delivery\ report|delivery\ attempts
    |no\ se\ (ha\ podido|pudo|puede)\ entregar|(levereras|leveres)\b|(메일|메시지).{0,60}(전송|반송|배달)
    |account\ is\ (disabled|inactive)
    |user\ unknown|unknown\ user|no\ such\ user|mailbox\ (is\ )?(unavailable|full|not\ found|disabled)|full\ mailbox
    |[ (]5\.\d{1,3}\.\d{1,3}[ )]|\b55[0-4][ -].{0,80}(user|address|recipient|mailbox|relay|domain|account)
    |(メッセージ|メール).{0,60}(配信|送信|お届け).{0,10}(でき|不能)|(邮件|郵件).{0,60}(无法|無法|退|未能|失败|失敗)
    |(сообщение|письмо).{0,60}не\ (был|может|удалось|достав)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NAMES = re.compile(
    r"[^\s@<>]@[^\s@<>]+\.[^\s@<>]|\b[45]\d\d\b|\b[45]\.\d{1,3}\.\d"
    r"|(following|failed|intended) (recipient|address|user)|of its recipients",
    re.IGNORECASE,
)
"""Mail servers name whom they didn't reach, or the answer that they got; people write of parcels."""
_JMRP = re.compile(r"complaint about message from [0-9a-f.:]+$", re.IGNORECASE)
_PASSED_ON = re.compile(r"(fwd?|wg|tr|rv|enc|i|doorst|pd|vs|転送|转发|轉寄)\s*[:：]", re.IGNORECASE)


def report_type(mail: InboundMail) -> str | None:
    """What the mail reports, where it is a report (RFC 6522), in lower case."""
    found = _REPORT.match(mail.header("content-type"))
    return found[1].lower() if found else None


def is_delivery_report(mail: InboundMail) -> bool:
    """Whether it is a delivery status notification by the standard, or has the part that makes one."""
    return report_type(mail) == "delivery-status" or _has(mail, "message/delivery-status")


def is_complaint(mail: InboundMail) -> bool:
    """Whether it is a feedback report (RFC 5965), or one of Hotmail's, which have a mark of their own."""
    marked = "x-hmxmroriginalrecipient" in mail.headers
    marked = marked or (_JMRP.match(mail.subject) is not None and _has(mail, "message/rfc822"))
    return marked or report_type(mail) == "feedback-report" or _has(mail, "message/feedback-report")


def bounce_sign(mail: InboundMail, envelope_sender: str) -> str | None:
    """The sign that a mail server wrote this, None if there is none."""
    if _DAEMON.match(envelope_sender) or _DAEMON.match(mail.sender or "") or _from_daemon(mail):
        return "from a mail server"
    if "x-failed-recipients" in mail.headers:
        return "X-Failed-Recipients"
    return "X-MS-Exchange-Message-Is-Ndr" if "x-ms-exchange-message-is-ndr" in mail.headers else None


def failure_told(mail: InboundMail) -> str | None:
    """What its words say for that it is a bounce, None if nothing; a person might have written them."""
    if _PASSED_ON.match(mail.subject) or not _SUBJECT.search(mail.subject):
        return None
    text = " ".join(mail.text[:_READ_OF_TEXT].split())
    return "it tells of a failed delivery" if _TEXT.search(text) and _NAMES.search(text) else None


def _from_daemon(mail: InboundMail) -> bool:
    """Mail servers also write senders that are no addresses at all."""
    return mail.sender is None and _DAEMON.search(mail.header("from")) is not None


def _has(mail: InboundMail, kind: str) -> bool:
    return any(each.startswith(kind) for each in mail.kinds)
