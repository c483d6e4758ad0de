-- What a merchant looks a customer up by comes off an index, as do the lists of mails and of suppressions.

-- The last four digits of the card that paid.
ALTER TABLE transactions ADD COLUMN card_end TEXT;
UPDATE transactions SET card_end = json_extract(body, '$.payment.last4')
WHERE json_extract(body, '$.payment.last4') IS NOT NULL;
CREATE INDEX transactions_by_card ON transactions (card_end, id) WHERE card_end IS NOT NULL;

-- Names are found by how they begin, and by how their last word begins; only ASCII letters are folded.
CREATE INDEX customers_by_name ON customers (lower(name)) WHERE name IS NOT NULL;
CREATE INDEX customers_by_last_name
  ON customers (lower(substr(name, length(rtrim(name, replace(name, ' ', ''))) + 1))) WHERE name IS NOT NULL;
CREATE INDEX customers_by_company ON customers (lower(company)) WHERE company IS NOT NULL;
CREATE INDEX customer_refs_by_ref ON customer_refs (ref);
CREATE INDEX subscriptions_by_ref ON subscriptions (ref);

CREATE INDEX outbox_unsent ON outbox (state, id) WHERE state <> 'sent';
CREATE INDEX suppressions_in_force ON suppressions (since) WHERE lifted_at IS NULL;
