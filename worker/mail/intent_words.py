"""The words by which people say what they want: to cancel, their invoice, another card. One table a language.

Rules: all are written as `plain` leaves them, without accents; `strong` declares an end even in doubt; `cancel`,
`invoice` and `card` (a card, and that it changes) may be negated or asked about, which `negated` and `asks` tell, in
any language: neighbours share many words. A `{key}` in `negated` stands for the word it is about.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Speech:
    """The words of one language, as regular expressions over plain text."""

    strong: str
    cancel: str
    invoice: str
    card: tuple[str, str]
    negated: str
    asks: str


_NEAR = r"(?:\W+\w+){0,2}\W+{key}"
"""A negation reaches as far as two words."""
_FIRST = r"^\W*(?:\w+\W+){0,2}"
"""Questions begin with their word, or nearly."""

ENGLISH = Speech(
    strong=r"\bhereby (?:cancel|terminate|withdraw|revoke|rescind|give notice)|\bnotice of (?:cancel|withdraw|terminat)"
    r"|\bi (?:cancel|terminate|revoke|rescind|withdraw from) (?:my|the|this|our)\b"
    r"|\bexercis\w+ my right (?:of withdrawal|to withdraw|to cancel)",
    cancel=r"\b(?:cancel\b|cancell?ing\b|cancell?ation|(?:have|want|get|be) (?:\w+ ){0,3}cancell?ed\b"
    r"|(?:terminate|end|stop|quit) (?:my|the|this|our) (?:\w+ )?(?:subscription|contract|membership|plan|renewal)"
    r"|withdraw(?:al)? from (?:my|the|this) (?:contract|purchase|order)|right (?:of withdrawal|to withdraw)"
    r"|revoke (?:my|the|this) (?:contract|purchase|order))",
    invoice=r"\b(?:invoices?|receipts?|bill)\b",
    card=(
        r"\b(?:(?:credit |debit |bank |my |new )cards?|card (?:details|number)|payment (?:method|details))\b",
        r"\b(?:chang|updat|replac|new|switch|expir|different|another)",
    ),
    negated=r"(?:\b(?:not|dont|never|without)|n['’]t|no need to)(?!\W+(?:forget|fail|hesitate)\b)" + _NEAR,
    asks=_FIRST + r"(?:how|where|why|when|can i|may i|could i|is it possible|what happens)\b",
)
GERMAN = Speech(
    strong=r"\bhiermit\b.{0,80}\b(?:kund\w+|kuend\w+|widerruf\w*|stornier\w*|tret\w*)"
    r"|\b(?:kundige|kuendige|widerrufe|storniere) (?:ich|wir)\b|\bich (?:kundige|kuendige|widerrufe|storniere)\b"
    r"|\btrete (?:ich )?.{0,60}zuruck",
    cancel=r"\b(?:kundig\w*|kuendig\w*|stornier\w*|storno|widerruf\w*|abbestell\w*|ab(?:o|onnement) beenden"
    r"|vertrag beenden|beend\w* (?:\w+ ){0,2}(?:mein|unser|das|den|die)\w* (?:abo\w*|vertrag|mitgliedschaft)"
    r"|tret\w* .{0,60}\bzuruck|rucktritt)",
    invoice=r"\b(?:\w*rechnung(?:en)?|quittung(?:en)?|beleg(?:e)?)\b",
    card=(
        r"\b(?:\w*karten?|zahlungs(?:mittel|art|methode|daten|weise)|bankverbindung)\b",
        r"\b(?:ander\w*|aender\w*|aktualisier\w*|wechsel\w*|neue\w*|abgelaufen\w*|ersetz\w*|hinterleg\w*|andere\w*)",
    ),
    negated=r"\b(?:nicht|kein\w*|nie|ohne)" + _NEAR + r"|{key}(?:\W+\w+){0,5}\W+nicht\b",
    asks=_FIRST + r"(?:wie|wo|warum|wann|kann ich|konnte ich|darf ich|ist es moglich|was passiert)\b",
)
FRENCH = Speech(
    strong=r"\b(?:je|nous) (?:vous )?(?:resilie|resilions|annule|annulons|me retracte)\b"
    r"|\bpar la presente\b.{0,120}\b(?:resili|annul|retract)|\bdroit de retractation",
    cancel=r"\b(?:resili\w*|annul\w*|retract\w*|desabonn\w*|mettre fin a)",
    invoice=r"\b(?:factures?|recus?|justificatifs?)\b",
    card=(
        r"\b(?:cartes?|moyens? de paiement|mode de paiement)\b",
        r"\b(?:chang\w*|modifi\w*|mettre a jour|mise a jour|nouvelle?|expire\w*|remplac\w*|autre)",
    ),
    negated=r"\b(?:ne|n['’]|pas|jamais|sans|aucun\w*)" + _NEAR,
    asks=_FIRST + r"(?:comment|pourquoi|quand|puis-je|est-ce que je peux|est-il possible|ou puis)\b",
)
SPANISH = Speech(
    strong=r"\bpor la presente\b.{0,120}\b(?:cancel|resci|desist|anul|baja)|\b(?:desisto|rescindo)\b"
    r"|\b(?:yo )?(?:cancelo|anulo) (?:mi|el|la|este|esta)\b|\bderecho de desistimiento|\bme doy de baja",
    cancel=r"\b(?:cancel\w*|anul\w*|desist\w*|rescin\w*|dar(?:me|se|nos)? de baja|doy de baja|dame de baja)",
    invoice=r"\b(?:facturas?|recibos?)\b",
    card=(
        r"\b(?:tarjetas?|(?:metodo|forma|medio) de pago)\b",
        r"\b(?:cambi\w*|actualiz\w*|nuev\w*|caduc\w*|modific\w*|venci\w*|otra|reemplaz\w*)",
    ),
    negated=r"\b(?:no|nunca|sin)" + _NEAR,
    asks=_FIRST + r"(?:como|donde|por que|cuando|puedo|es posible)\b",
)
ITALIAN = Speech(
    strong=r"\bcon la presente\b.{0,120}\b(?:disd|rece|annull|risol)|\b(?:disdico|recedo|annullo)\b"
    r"|\bdiritto di recesso",
    cancel=r"\b(?:disdett\w*|disdire|disdico|annull\w*|recess\w*|reced\w*|cancell\w*|revoc\w*)",
    invoice=r"\b(?:fattur[ae]|ricevut[ae])\b",
    card=(
        r"\b(?:cart[ae]|metodo di pagamento)\b",
        r"\b(?:cambi\w*|aggiorn\w*|nuov\w*|scadut\w*|modific\w*|sostitu\w*|altra)",
    ),
    negated=r"\b(?:non|mai|senza)" + _NEAR,
    asks=_FIRST + r"(?:come|dove|perche|quando|posso|e possibile)\b",
)
PORTUGUESE = Speech(
    strong=r"\b(?:pela|por) (?:presente|este meio)\b.{0,120}\b(?:cancel|resci|resol|anul)|\brescindo\b"
    r"|\b(?:eu )?cancelo (?:a|o|minha|meu)\b|\b(?:direito de arrependimento|livre resolucao)",
    cancel=r"\b(?:cancel\w*|rescin\w*|rescis\w*|anul\w*|arrependimento|livre resolucao)",
    invoice=r"\b(?:fatur(?:a|as)|factur(?:a|as)|recibos?|nota fiscal)\b",
    card=(
        r"\b(?:cart(?:ao|oes)|(?:metodo|forma|meio) de pagamento)\b",
        r"\b(?:alter\w*|atualiz\w*|nov[ao]\w*|mud\w*|troc\w*|expir\w*|vencid\w*|outro)",
    ),
    negated=r"\b(?:nao|nunca|sem)" + _NEAR,
    asks=_FIRST + r"(?:como|onde|por que|porque|quando|posso|e possivel)\b",
)
DUTCH = Speech(
    strong=r"\bhierbij\b.{0,80}\b(?:zeg|opzeg|annuleer|herroep|ontbind)|\bzeg ik\b.{0,80}\bop\b|\bik zeg\b.{0,80}\bop\b"
    r"|\b(?:ik (?:annuleer|herroep|ontbind)|(?:annuleer|herroep|ontbind) ik)\b",
    cancel=r"\b(?:opzeg\w*|op te zeggen|annuleer\w*|annuler\w*|herroep\w*|ontbind\w*|stopzetten|beeindig\w*"
    r"|zeg\b.{0,60}\bop\b)",
    invoice=r"\b(?:factu(?:ur|ren)|bonnetje|kwitantie)\b",
    card=(
        r"\b(?:\w*kaart|betaal(?:methode|wijze|gegevens))\b",
        r"\b(?:wijzig\w*|verander\w*|nieuwe|vervang\w*|verlopen|bijwerken|andere)",
    ),
    negated=r"\b(?:niet|geen|nooit|zonder)" + _NEAR + r"|{key}(?:\W+\w+){0,5}\W+niet\b",
    asks=_FIRST + r"(?:hoe|waar|waarom|wanneer|kan ik|mag ik|is het mogelijk)\b",
)
POLISH = Speech(
    strong=r"\bniniejszym\b.{0,80}\b(?:wypowiad|odstep|rezygn|anul)|\b(?:wypowiadam|odstepuje|z?rezygnuje)\b"
    r"|\b(?:oswiadczenie o )?odstapieni[eu] od umowy",
    cancel=r"\b(?:anul\w*|wypowiad\w*|wypowiedz\w*|z?rezygn\w*|odstap\w*|odstep\w*)",
    invoice=r"\b(?:faktur\w*|rachunek|paragon\w*)\b",
    card=(
        r"\b(?:kart\w+|metod\w+ platnosci|sposob platnosci)\b",
        r"\b(?:zmien\w*|zmian\w*|aktualiz\w*|now\w+|wygas\w*|inna|inny)",
    ),
    negated=r"\b(?:nie|nigdy|bez)" + _NEAR,
    asks=_FIRST + r"(?:jak|gdzie|dlaczego|kiedy|czy moge|czy mozna)\b",
)
JAPANESE = Speech(
    strong=r"(?:解約|キャンセル|退会|契約解除|解除)(?:いた|致|を)?(?:します|申し(?:入れ|込み)|通知)|クーリング・?オフ",
    cancel=r"(?:解約|キャンセル|退会|契約解除|契約を解除|クーリング・?オフ)",
    invoice=r"(?:請求書|領収書|インボイス)",
    card=(r"(?:カード|支払い?方法)", r"(?:変更|更新|新しい|切れ|切り替え)"),
    negated=r"{key}\w{0,4}(?:しない|せず|しません|したくない|したくありません|しないで|ではな|なし)",
    asks=r"(?:方法|どう|どこ|できますか|何故|なぜ)",
)
CHINESE = Speech(
    strong=r"(?:特此|谨此|現|现)(?:\w{0,10})(?:取消|退订|退訂|解除|终止|終止)|(?:我|本人)(?:要|要求|决定|決定)?"
    r"(?:取消|退订|退訂|终止|終止|解除)",
    cancel=r"(?:取消|退订|退訂|解约|解約|(?:终止|終止|解除|撤销|撤銷|撤回)\w{0,4}(?:合同|合約|订阅|訂閱|服务|服務|订单|訂單))",
    invoice=r"(?:发票|發票|收据|收據|账单|帳單)",
    card=(r"(?:卡|(?:付款|支付)方式)", r"(?:更换|更換|更改|更新|变更|變更|换|換|新)"),
    negated=r"(?:不要|不想|不会|不會|不是|请勿|請勿|勿|没有|沒有|未|别|別)\w{0,3}{key}",
    asks=r"(?:如何|怎么|怎麼|怎样|怎樣|吗|嗎|哪里|哪裡|为什么|為什麼)",
)
SPEECHES = (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, PORTUGUESE, DUTCH, POLISH, JAPANESE, CHINESE)
