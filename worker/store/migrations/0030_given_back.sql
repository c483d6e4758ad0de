-- Of a sale whose teller says only how much was given back of it so far: what was told before.
CREATE INDEX transactions_by_refunded ON transactions (source, refund_of) WHERE refund_of IS NOT NULL;
