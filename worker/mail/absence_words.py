"""What programs write for people who are away: the words of vacation responders and of mail that no person wrote.

Rules:
- Words are compared as `plain` makes them, text and tables alike: lower case, no accents, single blanks.
- A person may be away and still ask. Only words that no person puts at a subject's beginning, with a colon or nothing
  behind them (`SUBJECT`), and what says of itself that no person wrote it (`MACHINE`) decide alone. Being away (`AWAY`)
  and subjects that people write too (`LIKELY`) count only beside what such notes also say (`BESIDE`), and never where
  something is asked for (`ASKING`).
- Languages in their order: English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Japanese, Chinese,
  then Swedish, Danish, Norwegian, Finnish, Czech, Hungarian, Russian, Turkish, Korean, Hebrew, Arabic, Greek, Romanian
  and Ukrainian; of the subjects that mail servers write also those of smaller languages.
"""

import re
import unicodedata

_SUBJECTS = r"""
auto(matic|mated)?[- ]?(reply|response|responder|respond|answer)\b|\[auto[- ]?(reply|response|generated)
out of (the )?office( auto-?reply| reply| message| notice| notification)?( ?:|$)|out-of-office( ?:|$)|ooo ?:
(yahoo! )?auto response|vacation (reply|message|response|notice|auto-?reply)( ?:|$)|away from my mail
away message ?:
.{1,60} is out of the office\.?( \(.{1,60}\))?$|on vacation ?:|holiday auto-?reply
automatische? (antwort|antwortmail|beantwortung|abwesenheit|r(ü|ue)ckmeldung|e-?mail|nachricht)|autoantwort
abwesenheits(notiz|nachricht|meldung|benachrichtigung|agent|assistent|info)|abwesend ?:|abwesenheit( ?:|$)
urlaubsnotiz
.{1,60} ist außer haus\.?( \(.{1,60}\))?$|urlaubsbenachrichtigung
réponse automatique|message automatique|message d'absence|notification d'absence|absence du bureau( ?:|$)
absent\(?e?\)? ?:
réponse d'absence|.{1,60} est absent\(?e?\)? du bureau
respuesta automática|contestación automática|mensaje automático|fuera de (la )?oficina( ?:|$)
auto-?respuesta|ausente ?:
risposta automatica|messaggio automatico|fuori (ufficio|sede)( ?:|$)|risponditore automatico|assente ?:
assenza dall'ufficio ?:
resposta automática|mensagem automática|fora do escritório( ?:|$)
ausência do escritório ?:
automatisch antwoord|automatische (reactie|afwezigheid)|afwezigheids(bericht|melding|assistent)|afwezig(heid)? ?:
niet aanwezig ?:
autoantwoord
automatyczna odpowiedź|odpowiedź automatyczna|autoodpowiedź|poza biurem( ?:|$)
nieobecność( w biurze)?( ?:|$)|autoresponder
自動(応答|返信|回答|送信)|【?自動(応答|返信|送信)|不在(通知|のお知らせ|応答|連絡|メッセージ)|\[自動|(【|\[)不在
休暇のお知らせ
自动(回复|答复|应答)|【自动|\[自动|自動回[覆復复]|自動回應|外出(通知|自动)|(不在|离开)办公室|不在辦公室
休假(通知|自动|自動)|离岗自动
autosvar|automatiskt? (svar|meddelande)|frånvaro(meddelande|besked)?( ?:|$)|ikke til stede ?:
fravær(smelding|sbesked)?( ?:|$)|ej på kontoret
automaattinen (vastaus|viesti)|poissaolo(ilmoitus|viesti)?( ?:|$)|poissa ?:
automatická odpověď|automatická odpoveď|mimo kancelář( ?:|$)|nepřítomnost( ?:|$)
automatikus válasz|házon kívül( ?:|$)|автоответ|автоматический ответ|вне офиса ?:|нет на месте ?:
автоматична відповідь
otomatik (yanıt|cevap)|ofis dışında ?:|자동 ?(회신|응답|답장)|부재 ?중( ?:|$|입니다)|răspuns automat
автоматски одговор
αυτόματη απάντηση|jawapan automatik|trả lời tự động|ตอบกลับอัตโนมัติ|רד אוטומטי|מענה אוטומטי|تلقائي
automatinis atsakymas|automatiska atbilde|automaatvastus|automatski odgovor|samodejni odgovor|автоматичен отговор
balasan otomatis|erantzun automatikoa|sjálfvirkt svar|پاسخ خودکار|स्वचालित उत्तर|(ال)?رد (ال)?تلقائي|תשובה אוטומטית
autorisponditore|автоматическое уведомление|系统自动回复|\[?부재 ?중\]|부재 ?중 ?자동 ?응답
auto ?: .{1,60} (is out of the office|ist außer haus|est absent|è fuori ufficio|está ausente|is niet aanwezig)
.{1,60} är inte på kontoret( \(.{1,40}\))?$
\[ticket ?#?.{1,30}\] (received|created|opened)|your (message|e-?mail) (requires|needs) (verification|confirmation)
verify#|cron <[^ ]+@[^ ]+>
"""

_LIKELY = r"""
auto ?:|away ?:|absence ?:|assenza ?:|ausencia ?:|ausência|vacation notice|out of office|parental leave
(ihre|your) (anfrage|ticket|support request) .{0,60}(received|has been received|ist eingegangen|erhalten)
(ihre|your) (request|e-?mail|message) .{0,60}(received|has been received|ist eingegangen|erhalten)
(we('ve| have)? received your (message|e-?mail|request|ticket|enquiry|inquiry))|(ticket|request) received
please confirm your (message|e-?mail)|support ticket opened
"""

_MACHINE = r"""
this is an? (auto(mated|matic|matically)?[- ]?(generated |sent )?)(reply|response|message|answer)
this is an? (auto(mated|matic|matically)?[- ]?(generated |sent )?)(e-?mail|mail|notification|acknowledge?ment)
this (message|e-?mail|reply|response) (was|is|has been) (automatically (sent|generated|created))
this (message|e-?mail|reply|response) (was|is|has been) ((sent|generated|created) automatically)
(?<!your )automatically generated (reply|response|message|e-?mail)
do not (reply|respond) to this auto(mated|matic|matically generated) (message|e-?mail|mail)
(diese (e-?mail|nachricht|mail)|dies) (ist|wurde|handelt es sich um) (eine? )?automatisch (generiert|erstellt)
(hierbei|es) (ist|wurde|handelt es sich um) (eine? )?automatisch (generiert|erstellt)
diese (e-?mail|nachricht|mail) (ist|wurde) automatisch (versandt|versendet|erzeugt|verschickt)
(dies|hierbei|es) (ist|handelt es sich um) eine automatische (antwort|nachricht|e-?mail|mail)
ceci est une? (réponse|message|courriel|e-?mail|mail) (automatique|générée? automatiquement)
cet? (message|courriel|e-?mail|mail) (est|a été) (généré|envoyé) automatiquement
est[ae] (es |mensaje |correo )(es )?(una? )?(respuesta |mensaje |correo )?(generad[oa] )?automátic[ao]
mensaje (generado|enviado) automáticamente
quest[oa] (è|e'|e) (una? )?(risposta|messaggio|e-?mail|mail) (automatic|generat)
messaggio (generato|inviato) automaticamente|risposta generata automaticamente
est[ae] é uma? (resposta|mensagem|e-?mail) automátic|(mensagem|resposta) (gerada|enviada) automaticamente
dit is een (automatisch|automatische) (gegenereerd |verzonden )?(antwoord|bericht|reactie|e-?mail|mail)
(deze|dit) (e-?mail|bericht|mail) (is|werd) automatisch (verzonden|gegenereerd|verstuurd|aangemaakt)
(to jest|to) automatyczna (odpowiedź|wiadomość)
wiadomość (została )?(wygenerowana|wysłana) automatycznie
自動(応答|返信|送信|配信)(メール|メッセージ)?(にて|です|により|で(送信|お)|され|して|いたし|となり)
(这|這|此|本)(是|邮件|郵件|信件|封).{0,10}(自动|自動)(回复|回覆|回復|发送|發送|答复|生成|产生)
detta (är|ar) ett auto(matiskt )?(svar|meddelande)|dette er (et|en) auto(matisk)?[ -]?(svar|besked|melding)
tämä on automaattinen
toto je automatick|tento (e-?mail|mail) byl (vygenerov|odesl).{0,10}automaticky|ez egy automatikus|это автоматическ
reply above this line|(ihre|deine) antwort über dieser zeile|au-?dessus de cette ligne
(mailbox|inbox|account|address) is (not|no longer) (monitored|read)|unmonitored (mailbox|inbox|address|account)
this is a system[- ]generated|we would like to acknowledge|automatic reply to your|senders (that )?i have approved
a (support )?(request|ticket|case) (for support )?has (now )?been (created|opened|logged)(?! with)
\bticket #?[\w-]{1,20} has been (created|opened|logged)|your (e-?mail|message|request) has been received
\b(this is to confirm|we confirm|confirming) (the )?receipt\b
(nachricht|anfrage|e-?mail|mail)\b.{0,60}\bwir melden uns|nous avons bien reçu votre\b.{0,80}(répond|reviendr)
hemos recibido su\b.{0,80}(respond|contact)|abbiamo ricevuto (la|il) (sua|suo|tua|tuo)\b.{0,80}(rispond|ricontatt)
(uw|je) (bericht|e-?mail|mail|vraag)\b.{0,40}ontvangen.{0,80}(antwoord|reactie)|vi har (tagit emot|mottagit) ditt
recebemos (a |o )?(sua|seu)\b.{0,80}(respond|retorn)|otrzymaliśmy (twoją|państwa)\b.{0,80}odpowi
have created (a )?(case|ticket)
thank(s| you) for (contacting|reaching out|getting in touch)
(got|received) your (e-?mail|mail|message|request|enquiry|inquiry)\b.{0,80}(answer|reply|respond|get back)
(got|received) your (e-?mail|mail|message|request|enquiry|inquiry)\b.{0,80}(in touch|review)
(got|received) your (e-?mail|mail|message|request|enquiry|inquiry)\b.{0,20}we're on it
your message\b.{0,300}\bwas (read|deleted without being read) on\b|ihre nachricht\b.{0,300}\bwurde am .{1,60} gelesen
ihr ticket (wurde|ist) (angelegt|erstellt|eröffnet)|ihre anfrage .{0,40}wurde (aufgenommen|registriert|erfasst)
[(（]自动回复[)）]|自動でお知らせ|已收到您的(邮件|来信).{0,10}(尽快|会)|您的(邮件|来信)我?已经?收到.{0,10}(尽快|会)
^邮件已收到|\*{5} nagios|notification type: (problem|recovery)
bu (bir )?otomatik (bir )?(mesaj|yanıt|cevap|e-?posta|ileti)|자동 ?(으로 )?(회신|응답|발송)
"""

_AWAY = r"""
(i am|i'm|we are|i will be|i'll be) ((currently|now|presently|away and) )?(out of (the |my )?office)
(i am|i'm|we are|i will be|i'll be) ((currently|now|presently|away and) )?(out until|away\b)
(i am|i'm|we are|i will be|i'll be) ((currently|now|presently|away and) )?(travell?ing)
(i am|i'm|we are|i will be|i'll be) ((currently|now|presently|away and) )?(not in the office|unavailable)
on (annual|parental|maternity|paternity|sick|medical|vacation|holidays?) leave
i'?( a)?m (currently )?on (leave|holiday|vacation)
\bout of (the )?office\b|\bon (vacation|annual leave)\b|\boffice is closed\b
\b(nicht|derzeit nicht|momentan nicht) (im (b(ü|ue)ro|haus)|erreichbar|anwesend)|\bim urlaub\b|außer haus
\babwesend\b|in elternzeit|(b(ü|ue)ro|praxis).{0,30}geschlossen|nicht im b(ü|ue)ro
\b(je suis|suis|serai|je serai) (actuellement |absente?|en cong|en vacances|en déplacement|hors)
absente? (du bureau|jusqu|du \d)|en congés?\b|en vacances\b|bureaux? .{0,20}fermé
\b(estoy|estaré|me encuentro|me encontraré) (actualmente |ahora )?(fuera|de vacaciones|de baja|ausente)
fuera de la oficina|de vacaciones\b
\b(sono|sarò|mi trovo) (attualmente |al momento )?(fuori|in ferie|in vacanza|assente|in viaggio)
fuori (ufficio|sede)|in ferie\b|uffici(o)? .{0,20}chius
\b(estou|estarei|encontro-me|estamos) (atualmente )?(fora|ausente|[de]m? férias|em viagem)
\b(estou|estarei|encontro-me|estamos) (neste momento |de momento )?(fora|ausente|[de]m? férias|em viagem)
fora do escritório|de férias\b|ausente do escrit
\b(ik ben|ben ik|wij zijn) ((momenteel|op dit moment|tijdelijk) )?(afwezig|niet (aanwezig|bereikbaar)|met verlof)
niet op kantoor|\bmet vakantie\b|\bop vakantie\b
\b(jestem|będę|bede|przebywam) (obecnie |teraz )?(poza biurem|nieobecn|na urlopie|niedostępn)|poza biurem
na urlopie|nieobecn[ay] w biurze
不在(にして|です|の(ため|期間)|期間)|休暇(中|を(いただ|頂|取得)|のため)|外出して|出張(中|の(ため|期間))|夏季休業|年末年始
休業(期間|いた|させ)
不在(办公室|辦公室)|(正在|目前|现在|現在|我在)?(休假|度假|出差)(中|，|,|。|期间|期間)?|外出(中|期间)|放假|离开办公室
無法.{0,6}(回覆|回復)|无法.{0,6}(回复|答复)
\b(är|ar) (för närvarande )?(borta|på semester|ledig|inte på kontoret|frånvarande)|(er|på) (ferie|kontoret)
poissa (toimistosta|töistä)|lomalla|olen poissa
(jsem|budu) (mimo kancel|na dovolen|nepřítom)|(nem vagyok|nem leszek) .{0,20}irod|szabadság(on|ra)
\b(har|på) semester\b|verreist|work part[- ]?time|no longer (works?|employed|with)\b
nicht mehr für unse|on (parental|maternity) leave|меня нет (в офисе|на месте)|у відпустці|поза офісом
אני בחופש|מחוץ למשרד|في (إ|ا)جازة|خارج المكتب|εκτός γραφείου|σε άδεια|în concediu|nu sunt la birou
(нахожусь|буду) в отпуске|в отпуске|отсутству|(ofis(te| dışında)|izinde|tatilde)|(휴가|부재|출장) ?(중|으로|기간)
"""

_BESIDE = r"""
\b(will|shall) (be back|return|respond|reply|get back|answer)
\b(back|returning|return) (on|in the office|to the office|at work)\b|limited (access|e-?mail)|no access to|urgent
in my absence|(thank you|thanks) for your (e-?mail|message|mail|note)|upon my return|when i('m| am)? (return|back)
as soon as (possible|i)|until (monday|tuesday|wednesday|thursday|friday|\d|further|january|february)
until (march|april|may|june|july|august|september|october|november|december)|contact my colleague
(vielen )?dank f(ü|ue)r (ihre|deine) (e-?mail|nachricht|mail|anfrage)|dringend|vertretung
wieder (f(ü|ue)r sie )?(da|erreichbar|im b(ü|ue)ro|im haus|zur(ü|ue)ck)|nicht (weitergeleitet|gelesen|bearbeitet)
bis (zum |einschließlich )?\d|nach meiner r(ü|ue)ckkehr|wenden sie sich|wird nicht|kollegen?
merci (de|pour) votre (message|mail|courriel|e-?mail)|urgen(t|ce)|de retour|à mon retour|jusqu'au|en mon absence
vous pouvez (contacter|joindre)|mes collègues|ne pourrai|accès (limit|réduit)
gracias por (su|tu) (correo|mensaje|e-?mail)|urgen(te|cia)|hasta el|volveré|regres(o|aré)
a mi (vuelta|regreso)|en mi ausencia|(contacte|póngase en contacto)|acceso limitado
grazie (per|della) .{0,12}(mail|messaggio|comunicazione)|urgen(te|ze|za)|fino al
(rientro|rientrerò|tornerò|ritorno)|al mio rientro|in mia assenza|contattare|accesso limitato
obrigad[oa] (pelo|pela|por) .{0,12}(e-?mail|mensagem|contato|contacto)|urgen(te|cia)
até (o dia|ao dia|dia|a?o? ?\d)|retorn(o|arei)|regress(o|arei)|voltarei|na minha ausência|contact(e|ar)
acesso limitado
(dank|bedankt) (u |je )?voor (uw|je|jouw) (e-?mail|bericht|mail)|dringend|spoed|urgent
tot (en met )?(\d|maandag|dinsdag|woensdag|donderdag|vrijdag)|weer (aanwezig|bereikbaar|terug|op kantoor)
bij mijn terugkeer|na terugkomst|neem (dan )?contact op|beperkt (toegang|bereikbaar)
dziękuję za (wiadomość|mail|e-?mail|kontakt)|piln(e|ych|ej|a)|do dnia|wracam|wrócę
po powrocie|w razie|proszę o kontakt z|zastępuj|odpowiem
ご(連絡|迷惑|不便)|お急ぎ|緊急|まで(の間)?|以降|戻り(ました|次第|は)|出社|返信(が|は|いたし)|対応(いたし|は|が)|担当
代理
感谢|感謝|谢谢|謝謝|(紧急|緊急|急)(事|情况|情況)?|(请|請)(联系|聯絡|聯繫|致电|與)
(回来|返回|回來|回到).{0,10}(后|後|办公|辦公)?|尽快|儘快|盡快|回复您|回覆您|直到|至\d|\d日
tack för|brådskande|åter|tilbake|tilbage|haster|kiitos|kiireellis|palaan|děkuji|naléhav|zpět|köszön|sürgős|vissza
дякую|термінов|תודה|דחופ|شكرا|عاجل|ευχαριστ|επείγο|mulțum|urgențe
(please|kindly) (contact|write to)|will (respond|reply)|reopen
спасибо|срочн|вернусь|teşekkür|acil|dönüş|감사|긴급|급한|복귀|까지
"""

_ASKING = r"""
\b(access |login |sign-?in |hub |new |the |a |my |your )link\b|\bsend (me|us|it)\b|\b(can|could|would|will) you\b
\bi('d| would)? (need|want|like)\b|\bmy (invoice|receipt|order|purchase|subscription|account|course|payment)
\b(refund|cancel)|\bplease (send|resend|give|open|change|update)
\b(can|could|may) (i|we)\b|\b(where|how|when|why|what|who|which)( \w+){1,3} (i|we|you)\b|\bis there (a|any)
\bwo (ist|sind|finde|kann|bekomme)\b|\bwie (kann|komme|finde)\b
\b(zugangs|anmelde|login-?)?link\b|(senden|schicken|schickt|sende) (sie )?(mir|uns)|k(ö|oe)nn(en|ten|t) (sie|ihr)
k(ö|oe)nnte(st)? |\bich (brauche|ben(ö|oe)tige|m(ö|oe)chte|bitte um|h(ä|ae)tte gern)
meine (rechnung|quittung|bestellung)|mein(en)? (abo|konto|kauf|zugang)|k(ü|ue)ndig|erstatt
\b(le|mon|un|votre) lien\b|(envoyer|renvoyer|envoyez|transmettre)|pourri(ez|ons)|pouvez-vous m
\bj'(ai besoin|aimerais)|je (voudrais|souhaite)|ma facture|mon (achat|abonnement|compte|reçu|accès)|rembours
résili
\b(el|mi|un) enlace\b|enví(a|e|en)(me|nme|rme)?\b|podría|puede(n)? (enviar|mandar)
\b(necesito|quiero|quisiera)|mi (factura|compra|pedido|recibo|cuenta|suscripci)|reembols|cancelar
\b(il|mio) link\b|(inviar|mandar|inviate|mandate|spedir)(mi|e|emi|melo)?\b|potr(este|ebbe|esti)
(ho bisogno|vorrei|mi serve)|(mia fattura|mio (acquisto|ordine|abbonamento|accesso)|ricevuta)|rimbors|disdi
\b(o|meu) link\b|(enviar|envie|envia|enviem|mandar|mande)(-me)?\b|poderia|pode(m)? (enviar|mandar|me)
\b(preciso|quero|gostaria)|minha (fatura|compra|conta|assinatura)|meu (recibo|pedido|acesso)|reembols|cancelar
\b(de|mijn|een) (inlog)?link\b|(sturen|stuur|toesturen|opsturen)|(kunt|kun|kan) (u|je|jij|jullie)
\bik (heb .{0,20}nodig|wil|zou)|mijn (factuur|bestelling|aankoop|abonnement|account|bon)|terugbeta|opzeg
\b(link|linku|linka)\b|(przesłać|prześlij|wysłać|wyślij)|(czy mog|mogliby|mógł)
\b(potrzebuj|chcę|chciał)|(moją (faktur|zamówieni|zakup|konto))|zwrot|anulow
リンク|送って|お送り(ください|いただ|願)|送信して(ください|いただ)|再送|請求書|領収書|購入|キャンセル|解約|ほしい
欲しい
链接|連結|鏈接|发(给|我|送给我)|寄(给|給)我|請(寄|傳|發)|请(发|寄)|發票|发票|收据|收據|退款|取消|我(想|要|需要)|订单
訂單
\b(länk|lenke|linkin|odkaz|ссылк|bağlantı|링크)|skicka|sende meg|send mig|lähet(tä|ä)|pošl|küld|пришл|отправьте
gönder|보내
"""


_FOLDED = str.maketrans({"’": "'", "ß": "ss", "ł": "l", "ı": "i", "ø": "o", "æ": "ae"})


def plain(text: str) -> str:
    """The text as the tables have it."""
    marked = unicodedata.normalize("NFD", " ".join(text.lower().split()))
    return unicodedata.normalize("NFC", "".join(c for c in marked if not unicodedata.combining(c))).translate(_FOLDED)


def _any(table: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{plain(line)})" for line in table.strip().split("\n")))


SUBJECT = _any(_SUBJECTS)
"""How the subject of a mail begins that a program wrote."""
MACHINE = _any(_MACHINE)
"""A text that says of itself that no person wrote it."""
LIKELY = _any(_LIKELY)
"""How a robot's subject begins that a person may write too."""
AWAY = _any(_AWAY)
BESIDE = _any(_BESIDE)
ASKING = _any(_ASKING)
