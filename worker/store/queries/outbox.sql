-- name: outbox_insert(id, kind, customer_id, invoice_id, params, recipient, message_id, once_key, created_at, due_at, expires_at)^
INSERT INTO outbox (id, kind, customer_id, invoice_id, params, recipient, message_id, once_key, created_at, due_at,
  expires_at, state)
VALUES (:id, :kind, :customer_id, :invoice_id, :params, :recipient, :message_id, :once_key, :created_at, :due_at,
  :expires_at, 'due')
ON CONFLICT (once_key) DO NOTHING RETURNING id;

-- name: outbox_waits(once_key)^
SELECT id FROM outbox WHERE once_key = :once_key AND state IN ('due', 'deferred');

-- name: outbox_hold(id, reason, now)!
UPDATE outbox SET state = 'withheld', reason = :reason, settled_at = :now WHERE id = :id AND state = 'due';

-- name: outbox_let_go(id, reason, now)^
UPDATE outbox SET state = 'due', reason = NULL, settled_at = NULL, due_at = :now
WHERE id = :id AND state IN ('withheld', 'parked') AND reason = :reason RETURNING id;

-- name: outbox_frozen(ids)
-- The documents of claimed rows, for composing.
SELECT id, frozen FROM invoices WHERE id IN (SELECT value FROM json_each(CAST(:ids AS TEXT)));

-- name: outbox_start(ids, owner)
-- `sending` is durable before the relay hears MAIL.
UPDATE outbox SET state = 'sending'
WHERE id IN (SELECT value FROM json_each(CAST(:ids AS TEXT))) AND lease = :owner AND state IN ('due', 'deferred')
RETURNING id;

-- name: outbox_settle(id, owner, state, reason, reply, attempts, ambiguous, due_at, settled_at)*!
-- What the relay accepted is sent, even where the lease has passed on meanwhile; all else needs the lease.
UPDATE outbox SET state = :state, reason = :reason, reply = :reply, attempts = :attempts, ambiguous = :ambiguous,
  due_at = :due_at, settled_at = :settled_at, lease = NULL, lease_until = NULL
WHERE id = :id AND (lease = :owner OR CAST(:state AS TEXT) = 'sent');

-- name: outbox_release(ids, owner)!
-- Back in the queue, untouched: nothing was said to the relay.
UPDATE outbox SET lease = NULL, lease_until = NULL
WHERE id IN (SELECT value FROM json_each(CAST(:ids AS TEXT))) AND lease = :owner AND state IN ('due', 'deferred');

-- name: outbox_renew(ids, owner, seconds)!
UPDATE outbox SET lease_until = now_us() + CAST(:seconds AS BIGINT) * 1000000
WHERE id IN (SELECT value FROM json_each(CAST(:ids AS TEXT))) AND lease = :owner;

-- name: outbox_end_leases()!
-- On SQLite a starting `run` is alone: every lease is a dead process's.
UPDATE outbox SET lease = NULL, lease_until = CASE WHEN state = 'sending' THEN 0 ELSE NULL END
WHERE lease IS NOT NULL AND state <> 'sent';

-- name: outbox_abandoned(most)
-- Rows in the hands of a process that no longer renews its leases: nobody knows how their attempts ended.
SELECT * FROM outbox WHERE state = 'sending' AND (lease_until IS NULL OR lease_until < now_us()) ORDER BY id LIMIT :most;

-- name: outbox_rescue(id, state, reason, attempts, ambiguous, due_at, settled_at)^
UPDATE outbox SET state = :state, reason = :reason, attempts = :attempts, ambiguous = :ambiguous, due_at = :due_at,
  settled_at = :settled_at, lease = NULL, lease_until = NULL
WHERE id = :id AND state = 'sending' AND (lease_until IS NULL OR lease_until < now_us()) RETURNING id;

-- name: attempt_insert(id, outbox_id, recipient, ended_at, phase, result, code, reply, state, number)*!
INSERT INTO delivery_attempts (id, outbox_id, recipient, ended_at, phase, result, code, reply, state, number)
VALUES (:id, :outbox_id, :recipient, :ended_at, :phase, :result, :code, :reply, :state, :number)
ON CONFLICT (id) DO NOTHING;

-- name: attempts_of(outbox_id)
SELECT * FROM delivery_attempts WHERE outbox_id = :outbox_id ORDER BY ended_at, id;

-- name: outbox_by_id(id)^
SELECT * FROM outbox WHERE id = :id;

-- name: outbox_by_message_ids(ids)
-- Mails of ours that somebody's answer names.
SELECT * FROM outbox WHERE message_id IN (SELECT value FROM json_each(CAST(:ids AS TEXT)));

-- name: outbox_to(address, most)
SELECT * FROM outbox WHERE recipient = :address ORDER BY created_at DESC, id DESC LIMIT :most;

-- name: outbox_of_customer(customer_id, most)
SELECT * FROM outbox WHERE customer_id = :customer_id ORDER BY created_at DESC, id DESC LIMIT :most;

-- name: outbox_redirect(customer_id, old_identity, new_address)!
-- Mails on their way to a mistyped address, however it was spelled, go to the right one instead.
UPDATE outbox SET recipient = :new_address
WHERE customer_id = :customer_id AND lower(recipient) = :old_identity AND state IN ('due', 'deferred')
  AND (lease IS NULL OR lease_until < now_us());

-- name: outbox_expire(now)
UPDATE outbox SET state = 'expired', settled_at = :now
WHERE state IN ('due', 'deferred') AND expires_at <= :now AND lease IS NULL RETURNING id;

-- name: outbox_counts()
SELECT state, COUNT(*) AS n FROM outbox GROUP BY state;

-- name: outbox_unsettled()
-- All but `sent`, by their partial index: cheap however many mails have gone out.
SELECT state, COUNT(*) AS n FROM outbox WHERE state <> 'sent' GROUP BY state;

-- name: outbox_oldest_due(now)^
SELECT MIN(due_at) AS due_at FROM outbox WHERE state IN ('due', 'deferred') AND due_at <= :now;

-- name: outbox_next_due()^
SELECT MIN(due_at) AS due_at FROM outbox WHERE state IN ('due', 'deferred') AND lease IS NULL;

-- name: outbox_settled_since(state, since, most)
-- For any state but `sent`.
SELECT * FROM outbox WHERE state = :state AND state <> 'sent' AND settled_at >= :since AND kind <> 'alert'
ORDER BY settled_at NULLS LAST LIMIT :most;
