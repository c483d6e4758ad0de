"""What people want, in ten languages: the page their mail asks for, and whether it declares an end."""

import time

import pytest

from worker.mail.intent import declares_end, intent_of

WANTED = [
    ("I want to cancel my subscription", "cancel"),
    ("How do I cancel?", "cancel"),
    ("Please send me invoice INV-00042", "invoice:INV-00042"),
    ("I need a receipt for my taxes", "invoice"),
    ("I got a new credit card", "card"),
    ("Change my payment method", "card"),
    ("Kündigung meines Abos", "cancel"),
    ("Bitte die Rechnung Nr. RE-2026/7 noch einmal schicken", "invoice:RE-2026/7"),
    ("Ich möchte meine Kreditkarte ändern", "card"),
    ("Je souhaite résilier mon abonnement", "cancel"),
    ("je voudrais resilier", "cancel"),
    ("Pouvez-vous m’envoyer la facture n° F2026-118 ?", "invoice:F2026-118"),
    ("Ma carte a expiré, je voudrais mettre à jour ma carte", "card"),
    ("Quiero cancelar mi suscripción", "cancel"),
    ("Necesito la factura 2026-15", "invoice:2026-15"),
    ("Cambiar la tarjeta", "card"),
    ("Vorrei disdire l’abbonamento", "cancel"),
    ("Mi serve la fattura 118", "invoice:118"),
    ("Ho una nuova carta", "card"),
    ("Quero cancelar a minha assinatura", "cancel"),
    ("Preciso da fatura n.º 2026/33", "invoice:2026/33"),
    ("Trocar o cartão", "card"),
    ("Ik wil mijn abonnement opzeggen", "cancel"),
    ("Mag ik de factuur 2026-9?", "invoice:2026-9"),
    ("Ik heb een nieuwe creditkaart", "card"),
    ("Chcę zrezygnować z subskrypcji", "cancel"),
    ("Proszę o fakturę FV/12/2026", "invoice:FV/12/2026"),
    ("Zmiana karty płatniczej", "card"),
    ("解約したいです", "cancel"),
    ("請求書 INV-7 をお送りください", "invoice:INV-7"),
    ("クレジットカードの変更をお願いします", "card"),
    ("我想取消订阅", "cancel"),
    ("请发送发票 INV-88", "invoice:INV-88"),
    ("更换信用卡", "card"),
]
NOTHING = [
    "Where is my parcel?",
    "Please don't cancel my subscription",
    "I do not want to cancel",
    "Ich möchte nicht kündigen",
    "Kündigen Sie mein Abo bitte nicht",
    "Je ne veux pas résilier",
    "No quiero cancelar",
    "Non voglio disdire",
    "Não quero cancelar",
    "Ik wil niet opzeggen",
    "Nie chcę rezygnować",
    "解約しないでください",
    "请不要取消",
    "I don't need an invoice",
    "A birthday card for my mother",
    "my purchases",
    "",
]
DECLARED = [
    "I hereby cancel my subscription.",
    "Cancel my subscription",
    "Please cancel, I am not happy any more.",
    "Could you please cancel my membership?",
    "I exercise my right of withdrawal.",
    "Hiermit kündige ich mein Abo zum nächstmöglichen Termin.",
    "Bitte beenden Sie mein Abo",
    "Please don't forget to cancel my plan",
    "ich kuendige",
    "Ich kündige, weil ich es nicht mehr brauche.",
    "Ich widerrufe den Vertrag vom 3. November.",
    "Kündigung",
    "Je résilie mon abonnement.",
    "Par la présente, je vous informe de ma volonté de résilier mon contrat.",
    "J'exerce mon droit de rétractation.",
    "Por la presente solicito la baja de mi suscripción",
    "Desisto del contrato.",
    "Con la presente comunico la disdetta dell'abbonamento.",
    "Recedo dal contratto",
    "Pela presente, cancelo a minha assinatura",
    "Hierbij zeg ik mijn abonnement op.",
    "Ik annuleer mijn bestelling",
    "Niniejszym wypowiadam umowę.",
    "Odstępuję od umowy",
    "本契約を解約します。",
    "クーリング・オフを通知します",
    "我要取消订阅。",
    "特此解除合同",
]
UNDECLARED = [*NOTHING, "How do I cancel?", "Wie kann ich kündigen?", "Comment résilier ?", "如何取消订阅", "解約方法"]


@pytest.mark.parametrize(("words", "page"), WANTED)
def test_a_subject_or_the_first_line_chooses_the_page(words: str, page: str) -> None:
    assert intent_of(words, "") == page
    assert intent_of("Re: Your purchases", f"Hello,\n\n{words}\n\nAda") == page


@pytest.mark.parametrize("words", NOTHING)
def test_other_words_choose_none(words: str) -> None:
    assert intent_of("", words) is None


def test_the_number_may_stand_in_another_line_than_the_wish() -> None:
    assert intent_of("Invoice", "Invoice no. INV-3, please") == "invoice:INV-3"


def test_quotes_signatures_and_anothers_subject_do_not_count() -> None:
    quoted = "Thank you!\n\nOn Monday the shop wrote:\n> Invoice INV-1\n> I hereby cancel my plan\n"
    assert intent_of("Re: Invoice INV-1 from the shop", quoted) is None
    assert not declares_end("Re: I hereby cancel", quoted)
    signed = "Thank you!\n-- \nAda, Cancellation Desk\nI hereby cancel everything"
    assert intent_of("Fwd: cancel", signed) is None
    assert not declares_end("Fwd: cancel", signed)


@pytest.mark.parametrize("words", DECLARED)
def test_a_declaration_is_seen_in_the_subject_and_deep_in_the_text(words: str) -> None:
    assert declares_end(words, "")
    assert declares_end("Re: Your receipt", f"Dear shop,\n\nmy number is 12.\nThe weather is fine.\n\n{words}\n\nAda")


@pytest.mark.parametrize("words", UNDECLARED)
def test_what_is_denied_or_asked_declares_nothing(words: str) -> None:
    assert not declares_end("", words)
    assert not declares_end(words, "")


def test_it_takes_time_in_proportion_whatever_stands_there() -> None:
    began = time.process_time()
    for odd in ("not cancel " * 10_000, "hiermit " * 20_000, "a" * 100_000, "cancel not\n" * 10_000, "не" * 50_000):
        intent_of(odd, odd)
        declares_end(odd, odd)
    assert time.process_time() - began < 5
