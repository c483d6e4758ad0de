-- name: series_take(name, start)^
-- The next number, at least `start`. Rolled back with its transaction, so the series has no gaps.
INSERT INTO series (name, next_number) VALUES (:name, CAST(:start AS BIGINT) + 1)
ON CONFLICT (name) DO UPDATE SET next_number =
  CASE WHEN series.next_number < CAST(:start AS BIGINT) THEN CAST(:start AS BIGINT) ELSE series.next_number END + 1
RETURNING next_number - 1 AS number;

-- name: series_next(name)^
SELECT next_number FROM series WHERE name = :name;

-- name: invoice_claim(id, payment_id, transaction_id, customer_id, kind, issued_at)^
-- One document a payment: none comes back where another transaction of this payment has it already.
INSERT INTO invoices (id, payment_id, transaction_id, customer_id, kind, issued_at)
VALUES (:id, :payment_id, :transaction_id, :customer_id, :kind, :issued_at)
ON CONFLICT (payment_id) DO NOTHING RETURNING id;

-- name: invoices_put(id, payment_id, transaction_id, customer_id, kind, issued_at, number, frozen)*!
-- Claimed and frozen in one, for documents that take no number.
INSERT INTO invoices (id, payment_id, transaction_id, customer_id, kind, issued_at, number, frozen)
VALUES (:id, :payment_id, :transaction_id, :customer_id, :kind, :issued_at, :number, :frozen);

-- name: invoice_freeze(id, series_number, number, frozen)!
UPDATE invoices SET series_number = :series_number, number = :number, frozen = :frozen WHERE id = :id;

-- name: invoice_by_id(id)^
SELECT * FROM invoices WHERE id = :id;

-- name: invoice_of_payment(payment_id)^
SELECT * FROM invoices WHERE payment_id = :payment_id;

-- name: invoices_of_customer(customer_id, most)
SELECT * FROM invoices WHERE customer_id = :customer_id ORDER BY issued_at DESC, id DESC LIMIT :most;

-- name: invoice_move_payment(old_id, new_id)!
UPDATE invoices SET payment_id = :new_id
WHERE payment_id = :old_id AND NOT EXISTS (SELECT 1 FROM invoices i WHERE i.payment_id = :new_id);
