"""How a program of the shop's own is connected that sends Standard Webhooks."""

from worker.core.standard_webhooks import wrong_secret
from worker.sources.guide import Guide

GUIDE = Guide(
    source="standard",
    provider="Standard Webhooks",
    where="In the program that tells of your sales, where it sends its webhooks to",
    events=("sale, renewal, refund", "subscription_changed, customer_changed, payment_failed"),
    proof="the secret that it signs with, whsec_…; a new one: echo whsec_$(openssl rand -base64 32)",
    receipts="Before receipts go out from here, switch off those that your program mails, or customers get two.",
    test='Have your program send a transaction with "test": true (docs/sources/standard.md has one to copy)',
    invoices_there=False,
    wrong_secret=wrong_secret,
)
