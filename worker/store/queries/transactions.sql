-- name: transactions_newest(most)
SELECT body FROM transactions ORDER BY id DESC LIMIT :most;

-- name: transaction_insert(id, source, source_id, kind, fingerprint, body, event_id, customer_id, refund_of, currency, total, test, bare, flag, occurred_at, accepted_at, state, due_at, subscription_ref, imported_at, card_end)^
INSERT INTO transactions (id, source, source_id, kind, fingerprint, body, payment_id, event_id, customer_id, refund_of,
  currency, total, test, bare, flag, occurred_at, accepted_at, state, due_at, subscription_ref, imported_at,
  card_end)
VALUES (:id, :source, :source_id, :kind, :fingerprint, :body, :id, :event_id, :customer_id, :refund_of,
  :currency, :total, :test, :bare, :flag, :occurred_at, :accepted_at, :state, :due_at, :subscription_ref, :imported_at,
  :card_end)
ON CONFLICT (source, source_id) DO NOTHING RETURNING id;

-- name: transactions_put(id, source, source_id, kind, fingerprint, body, event_id, customer_id, refund_of, currency, total, test, bare, flag, occurred_at, accepted_at, state, due_at, subscription_ref, imported_at, card_end)*!
-- Many of which none is known: where another process was quicker, its row raises here.
INSERT INTO transactions (id, source, source_id, kind, fingerprint, body, payment_id, event_id, customer_id, refund_of,
  currency, total, test, bare, flag, occurred_at, accepted_at, state, due_at, subscription_ref, imported_at,
  card_end)
VALUES (:id, :source, :source_id, :kind, :fingerprint, :body, :id, :event_id, :customer_id, :refund_of,
  :currency, :total, :test, :bare, :flag, :occurred_at, :accepted_at, :state, :due_at, :subscription_ref, :imported_at,
  :card_end);

-- name: transactions_told(source, ids)
SELECT source_id FROM transactions WHERE source = :source
  AND source_id IN (SELECT value FROM json_each(CAST(:ids AS TEXT)));

-- name: transactions_waited_for(names)
SELECT DISTINCT refund_of FROM transactions WHERE state = 'waiting' AND waits_for = 'sale'
  AND refund_of IN (SELECT value FROM json_each(CAST(:names AS TEXT)));

-- name: transaction_fingerprint(source, source_id)^
SELECT id, fingerprint, imported_at FROM transactions WHERE source = :source AND source_id = :source_id;

-- name: transaction_set_customer(id, customer_id)!
UPDATE transactions SET customer_id = :customer_id WHERE id = :id;

-- name: transaction_by_id(id)^
SELECT * FROM transactions WHERE id = :id;

-- name: transaction_by_source_id(source, source_id)^
SELECT * FROM transactions WHERE source = :source AND source_id = :source_id;

-- name: transactions_of_payment(payment_id)
SELECT * FROM transactions WHERE payment_id = :payment_id ORDER BY id;

-- name: reference_claim(family, reference, form, payment_id)^
-- Which payment this reference belongs to: ours, or the one that told it first.
INSERT INTO payment_references (family, reference, form, payment_id) VALUES (:family, :reference, :form, :payment_id)
ON CONFLICT (family, reference) DO UPDATE SET reference = excluded.reference RETURNING payment_id;

-- name: references_put(family, reference, form, payment_id)*!
INSERT INTO payment_references (family, reference, form, payment_id) VALUES (:family, :reference, :form, :payment_id);

-- name: references_told(names)
SELECT reference FROM payment_references WHERE reference IN (SELECT value FROM json_each(CAST(:names AS TEXT)));

-- name: reference_owner(family, reference)^
SELECT payment_id FROM payment_references WHERE family = :family AND reference = :reference;

-- name: references_move(old_id, new_id)!
UPDATE payment_references SET payment_id = :new_id WHERE payment_id = :old_id;

-- name: payment_move(old_id, new_id)!
UPDATE transactions SET payment_id = :new_id WHERE payment_id = :old_id;

-- name: payment_move_refunds(old_id, new_id)!
UPDATE transactions SET sale_payment_id = :new_id WHERE sale_payment_id = :old_id;

-- name: payment_flag_second(old_id, flag)!
-- Both had their document already: this one stays with its telling.
UPDATE transactions SET flag = :flag WHERE id IN (SELECT i.transaction_id FROM invoices i WHERE i.payment_id = :old_id);

-- name: payment_twin(payment_id, source, customer_id, currency, total, test, occurred_at, near, nearer)^
-- The same money told in another way that shares no reference, close in time. Two references of one form (two charges,
-- two invoices) show that it was paid twice. The plus has SQLite look through the customer's payments, not through all of
-- that sum.
SELECT t.payment_id FROM transactions t
WHERE t.customer_id = :customer_id AND t.currency = :currency AND +t.total = :total AND t.test = :test
  AND t.source <> 'api' AND t.kind IN ('sale', 'renewal') AND t.payment_id <> :payment_id
  AND t.occurred_at BETWEEN CAST(:occurred_at AS BIGINT) - CAST(:near AS BIGINT)
                        AND CAST(:occurred_at AS BIGINT) + CAST(:near AS BIGINT)
  AND ABS(t.occurred_at - CAST(:occurred_at AS BIGINT)) <= CASE WHEN t.source = :source THEN CAST(:near AS BIGINT)
                                                                ELSE CAST(:nearer AS BIGINT) END
  AND EXISTS (SELECT 1 FROM payment_references r WHERE r.payment_id = t.payment_id)
  AND NOT EXISTS (SELECT 1 FROM payment_references theirs JOIN payment_references ours ON ours.form = theirs.form
                  WHERE theirs.payment_id = t.payment_id AND ours.payment_id = :payment_id)
ORDER BY t.id LIMIT 1;

-- name: transactions_due(now, most)
SELECT id FROM transactions WHERE state IN ('due', 'waiting') AND due_at <= :now ORDER BY due_at, id LIMIT :most;

-- name: transactions_next_due()^
SELECT MIN(due_at) AS due_at FROM transactions WHERE state IN ('due', 'waiting');

-- name: transaction_take(id, now)^
-- Once only: whoever gets the row settles it. With what a restore left to be decided, at no further trip.
UPDATE transactions SET state = 'done', waits_for = NULL WHERE id = :id AND state IN ('due', 'waiting') AND due_at <= :now
RETURNING *, (SELECT at FROM milestones WHERE name = 'restore') AS restored_at,
  (SELECT held_at FROM series WHERE name = 'invoices') AS numbers_held_at;

-- name: payment_lock(id)!
-- Changes nothing, but makes whoever settles a telling of this payment wait for this transaction. By the oldest telling,
-- so that nobody waits in a circle. The id is a payment's, or that of any telling.
-- Not `SET id = id`: SQLite would look for every row that refers to that id.
UPDATE transactions SET attempts = attempts WHERE id = (SELECT MIN(o.id) FROM transactions o
  WHERE o.payment_id = COALESCE((SELECT t.payment_id FROM transactions t WHERE t.id = :id), :id));

-- name: transactions_undrawn(source, refunds, after, most)
SELECT id FROM transactions WHERE imported_at IS NOT NULL AND state IN ('due', 'waiting') AND source = :source
  AND (kind = 'refund') = (CAST(:refunds AS BIGINT) = 1) AND id > :after ORDER BY id LIMIT :most;

-- name: transaction_make_due(id, now)!
UPDATE transactions SET due_at = :now WHERE id = :id AND state IN ('due', 'waiting');

-- name: transaction_settle(id, state, reason)!
UPDATE transactions SET state = :state, reason = :reason, waits_for = NULL WHERE id = :id;

-- name: transaction_wait(id, waits_for, due_at)!
UPDATE transactions SET state = 'waiting', waits_for = :waits_for, due_at = :due_at WHERE id = :id;

-- name: transaction_set_sale(id, sale_payment_id)!
UPDATE transactions SET sale_payment_id = :sale_payment_id WHERE id = :id;

-- name: transactions_merge(payment_id, except_id)!
-- Also those that a restore set aside, for they would have waited for the same word.
UPDATE transactions SET state = 'merged', waits_for = NULL, reason = NULL
WHERE payment_id = :payment_id AND id <> :except_id
  AND (state IN ('due', 'waiting') OR (state = 'quarantined' AND reason = 'restored'));

-- name: transactions_wake_address(customer_id, now)!
UPDATE transactions SET state = 'due', waits_for = NULL, due_at = :now
WHERE customer_id = :customer_id AND state = 'waiting' AND waits_for = 'address';

-- name: transactions_wake_refunds(source, source_id, names, sale_payment_id, test, now)!
-- Refunds that came before the sale which has just come: its own source calls it by id, any source by a reference.
UPDATE transactions SET state = 'due', waits_for = NULL, due_at = :now, sale_payment_id = :sale_payment_id
WHERE state = 'waiting' AND waits_for = 'sale' AND test = :test AND ((source = :source AND refund_of = :source_id)
  OR refund_of IN (SELECT value FROM json_each(CAST(:names AS TEXT))));

-- name: transactions_wake_linked(payment_id, names, test, now)!
-- What a new link between references may help: refunds that wait for one of them, tellings that wait for an address.
UPDATE transactions SET state = 'due', waits_for = NULL, due_at = :now
WHERE state = 'waiting' AND test = :test AND ((waits_for = 'address' AND payment_id = :payment_id)
  OR (waits_for = 'sale' AND refund_of IN (SELECT value FROM json_each(CAST(:names AS TEXT)))));

-- name: transactions_wake_refunds_of(sale_payment_id, now)!
UPDATE transactions SET state = 'due', waits_for = NULL, due_at = :now
WHERE sale_payment_id = :sale_payment_id AND state = 'waiting' AND waits_for = 'sale';

-- name: transaction_set_flag(id, flag)!
UPDATE transactions SET flag = :flag WHERE id = :id;

-- name: transaction_count_attempt(id, due_at)^
UPDATE transactions SET attempts = attempts + 1, due_at = :due_at WHERE id = :id RETURNING attempts;

-- name: transactions_waiting()
SELECT waits_for, COUNT(*) AS n FROM transactions WHERE state = 'waiting' GROUP BY waits_for
ORDER BY waits_for NULLS LAST;

-- name: refund_unmatched(id, source, payment_id, sale_payment_id, total)^
-- Another source's refund of the same sale and amount, not told by any of those that told this one. The plus and the
-- empty texts have SQLite look through what was told of the sale, not through all of that sum or source.
SELECT payment_id FROM transactions t
WHERE sale_payment_id = :sale_payment_id AND kind = 'refund' AND +total = :total AND source <> :source AND id <> :id
  AND state IN ('done', 'merged')
  AND NOT EXISTS (SELECT 1 FROM transactions o JOIN transactions m ON m.source || '' = o.source || ''
                  WHERE o.payment_id = t.payment_id AND m.payment_id = :payment_id)
ORDER BY id LIMIT 1;

-- name: refunds_before(source, refund_of, test)^
SELECT CAST(COALESCE(SUM(total), 0) AS BIGINT) AS total FROM transactions
WHERE source = :source AND refund_of = :refund_of AND test = :test AND kind = 'refund';

-- name: refunds_told(sale_payment_id)
SELECT total, source, COUNT(DISTINCT payment_id) AS n FROM transactions
WHERE sale_payment_id = :sale_payment_id AND kind = 'refund' GROUP BY total, source;
