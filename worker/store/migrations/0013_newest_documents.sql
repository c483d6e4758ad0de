-- The newest documents of a customer come off the index in their order.

DROP INDEX invoices_by_customer;
CREATE INDEX invoices_by_customer ON invoices (customer_id, issued_at, id);
