"""Which column of an exported table holds what, by the names that shop systems give them in several languages.

Rules: a name is compared without its case, accents and signs; the merchant's own word for a column wins; of two columns
that could hold the same, the one whose name stands first in the list is taken.
"""

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_NAMES: Mapping[str, str] = {
    "id": "id|transaction id|payment id|sale id|receipt id|transaktionsnummer|transaktions id|id transaction|id de "
    "transacción|id transazione",
    "order": "order id|order number|order no|order|bestellnummer|bestellung|auftragsnummer|numéro de commande|commande|"
    "número de pedido|pedido|numero ordine|ordine|ordernummer",
    "kind": "transaction type|event type|event|type|kind|charge type|art|typ|transaktionstyp|tipo|type de transaction",
    "occurred_at": "date|transaction date|order date|date time|datetime|created at|created|paid at|payment date|"
    "timestamp|time|occurred at|datum|bestelldatum|zahlungsdatum|fecha|data|date de commande|date utc|created utc",
    "currency": "currency|currency code|währung|waehrung|devise|moneda|valuta|moeda",
    "total": "total|amount|gross|gross amount|total amount|amount paid|order total|transaction amount|price|revenue|"
    "betrag|gesamtbetrag|gesamt|summe|brutto|montant|montant total|importe|monto|importo|totale|valor|bedrag|totaal",
    "tax": "tax|tax amount|tax paid|vat|vat amount|sales tax|gst|steuer|mwst|umsatzsteuer|taxe|tva|impuesto|iva|btw",
    "tax_rate": "tax rate|vat rate|steuersatz|taux de tva",
    "email": "email|e mail|email address|customer email|buyer email|e mail adresse|kunden e mail|adresse e mail|"
    "correo electrónico|correo|courriel|e mail kunde",
    "name": "name|customer name|full name|buyer name|customer|kunde|kundenname|nom complet|client|nombre|cliente",
    "first_name": "first name|firstname|customer first name|vorname|prénom|voornaam",
    "last_name": "last name|lastname|surname|customer last name|nachname|nom|apellido|apellidos|cognome|achternaam",
    "company": "company|business name|company name|firma|unternehmen|société|empresa|azienda|bedrijf",
    "tax_id": "tax id|vat number|vat id|tax number|business number|ust idnr|ustid|umsatzsteuer id|numéro de tva|nif|"
    "partita iva|btw nummer",
    "phone": "phone|phone number|telephone|contact number|telefon|téléphone|teléfono|telefono|telefoon",
    "line1": "address|address line 1|address 1|street|address1|line1|straße|strasse|adresse|rue|dirección|indirizzo",
    "line2": "address line 2|address 2|address2|line2|adresszusatz",
    "city": "city|town|stadt|ort|ville|ciudad|città|cidade|plaats",
    "region": "state|region|province|county|bundesland|région|provincia|estado",
    "postal_code": "zip|zip code|postal code|postcode|plz|postleitzahl|code postal|código postal|cap",
    "country": "country|country code|land|pays|país|paese",
    "description": "item name|product name|item|product|products|description|product title|purchase|artikel|produkt|"
    "produktname|beschreibung|article|produit|produto|producto|prodotto|omschrijving",
    "product": "product id|item id|item identifier|sku|produkt id|artikelnummer|base product",
    "quantity": "quantity|qty|menge|anzahl|quantité|cantidad|quantità|aantal",
    "number": "invoice id|invoice number|invoice|invoice no|rechnungsnummer|rechnung|numéro de facture|facture|factura|"
    "número de factura|fattura|factuurnummer",
    "reference": "processor transaction id|gateway transaction id|processor id|charge id|payment reference|reference|"
    "stripe id|stripe charge id|paypal transaction id|zahlungsreferenz",
    "method": "payment method|processor|gateway|payment processor|zahlungsart|zahlungsmethode|moyen de paiement|"
    "método de pago|metodo di pagamento",
    "brand": "card brand|card type|kartenart",
    "last4": "last 4|last4|card last4|card last 4",
    "subscription": "subscription id|subscription|abonnement|abo id",
    "customer": "customer id|customer ref|client id|kundennummer|kunden id",
    "mode": "mode|test|test mode|modus|livemode",
    "refund_of": "refund of|refunded transaction|original transaction id|original order id|parent id",
}
FIELDS = tuple(_NAMES)
_FIELD_OF = {name: (field, place) for field, names in _NAMES.items() for place, name in enumerate(names.split("|"))}
_NEEDED = ("occurred_at", "total", "email")


@dataclass(frozen=True, slots=True)
class Columns:
    """The place of each field in a row. `unknown` are the names of columns that are not used."""

    places: Mapping[str, int]
    unknown: tuple[str, ...] = ()

    def cell(self, row: Sequence[str], field: str) -> str:
        """What the row says of a field, empty where it says nothing."""
        place = self.places.get(field)
        return row[place].strip() if place is not None and place < len(row) else ""


def recognise(header: Sequence[str], chosen: Mapping[str, str]) -> Columns | str:
    """The columns of a table with this header, or what is wrong with it. `chosen`: field → name of its column."""
    found: dict[str, tuple[int, int]] = {}
    names = [_folded(name) for name in header]
    for place, name in enumerate(names):
        field, rank = _FIELD_OF_FOLDED.get(name, ("", 0))
        if field and (field not in found or rank < found[field][0]):
            found[field] = (rank, place)
    places = {field: place for field, (_, place) in found.items()}
    for field, name in chosen.items():
        if _folded(name) not in names:
            return f"the table has no column {name!r}{_near(name, header)}"
        places[field] = names.index(_folded(name))
    missing = [field for field in _NEEDED if field not in places]
    if missing:
        return (
            f"no column is known for {' and '.join(missing)}. Its columns are: {', '.join(header)[:500]}. "
            f"Say which one it is: --column {missing[0]}=NAME"
        )
    used = set(places.values())
    return Columns(places, tuple(name for place, name in enumerate(header) if place not in used))


def _near(name: str, header: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, header, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).replace("ß", "ss")
    letters = "".join(c for c in plain if not unicodedata.combining(c)).lower()
    return re.sub(r"[^a-z0-9]+", " ", letters).strip()


_FIELD_OF_FOLDED = {_folded(name): where for name, where in _FIELD_OF.items()}
