-- A purchase is found by what its buyer still knows of it.
CREATE INDEX transactions_by_source_id ON transactions (source_id);
CREATE INDEX transactions_by_total ON transactions (total, occurred_at);
CREATE INDEX payment_references_by_reference ON payment_references (reference);
