-- All that was told of a subscription is read again where a telling comes late.
ALTER TABLE transactions ADD COLUMN subscription_ref TEXT;
UPDATE transactions SET subscription_ref = json_extract(body, '$.subscription.ref') WHERE kind <> 'refund';
CREATE INDEX transactions_by_subscription ON transactions (source, subscription_ref) WHERE subscription_ref IS NOT NULL;
