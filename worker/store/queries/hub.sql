-- name: subscription_begin(source, ref, told_at)^
-- As it stands, or a new row of which nothing was told. Locks it: two tellings at one moment wait for each other.
INSERT INTO subscriptions AS s (source, ref, interval_count, status, test, told_at)
VALUES (:source, :ref, 1, 'active', 0, :told_at)
ON CONFLICT (source, ref) DO UPDATE SET ref = excluded.ref RETURNING *;

-- name: subscription_tellings(source, ref)
SELECT customer_id, body FROM transactions WHERE source = :source AND subscription_ref = :ref;

-- name: subscription_set(source, ref, customer_id, name, amount, currency, interval, interval_count, status, next_payment_at, payments_made, payments_total, cancel_at, pay_url, test, told_at)!
UPDATE subscriptions SET customer_id = :customer_id, name = :name, amount = :amount, currency = :currency,
  interval = :interval, interval_count = :interval_count, status = :status, next_payment_at = :next_payment_at,
  payments_made = :payments_made, payments_total = :payments_total, cancel_at = :cancel_at, pay_url = :pay_url,
  test = :test, told_at = :told_at
WHERE source = :source AND ref = :ref;

-- name: subscription_of(source, ref, customer_id)^
SELECT * FROM subscriptions WHERE source = :source AND ref = :ref AND customer_id = :customer_id;

-- name: subscriptions_of(customer_id)
SELECT * FROM subscriptions WHERE customer_id = :customer_id ORDER BY told_at DESC, source, ref;

-- name: customer_move_subscriptions(old_id, new_id)!
UPDATE subscriptions SET customer_id = :new_id WHERE customer_id = :old_id;

-- name: customer_update_profile(id, name, company, tax_id, phone, address)!
UPDATE customers SET name = :name, company = :company, tax_id = :tax_id, phone = :phone, address = :address
WHERE id = :id;

-- name: customer_drop_email(identity, customer_id, added_at)!
-- Only where that very change brought it.
DELETE FROM customer_emails WHERE identity = :identity AND customer_id = :customer_id AND added_at = :added_at;

-- name: email_change_insert(id, customer_id, session_hash, old_address, new_address, new_identity, proof_link, undo_link, asked_at)!
INSERT INTO email_changes (id, customer_id, session_hash, old_address, new_address, new_identity, state, proof_link,
  undo_link, asked_at)
VALUES (:id, :customer_id, :session_hash, :old_address, :new_address, :new_identity, 'asked', :proof_link,
  :undo_link, :asked_at);

-- name: email_change_replace(customer_id)!
UPDATE email_changes SET state = 'replaced' WHERE customer_id = :customer_id AND state = 'asked';

-- name: email_change_by_id(id)^
SELECT * FROM email_changes WHERE id = :id;

-- name: email_change_by_proof(proof_link)^
SELECT * FROM email_changes WHERE proof_link = :proof_link;

-- name: email_change_by_undo(undo_link)^
SELECT * FROM email_changes WHERE undo_link = :undo_link;

-- name: email_change_asked_by(customer_id, since)
SELECT asked_at FROM email_changes WHERE customer_id = :customer_id AND asked_at > :since ORDER BY asked_at;

-- name: email_change_asked_for(new_identity, since)
SELECT asked_at FROM email_changes WHERE new_identity = :new_identity AND asked_at > :since ORDER BY asked_at;

-- name: email_change_confirm(id, now, since)^
UPDATE email_changes SET state = 'confirmed', confirmed_at = :now
WHERE id = :id AND state = 'asked' AND asked_at > :since RETURNING *;

-- name: email_change_refuse(id)!
UPDATE email_changes SET state = 'refused', confirmed_at = NULL WHERE id = :id;

-- name: email_change_undo(id, now, since)^
UPDATE email_changes SET state = 'undone', undone_at = :now
WHERE id = :id AND state = 'confirmed' AND confirmed_at > :since RETURNING *;

-- name: access_links_revoke(customer_id, now)!
UPDATE links SET revoked_at = :now WHERE customer_id = :customer_id AND purpose = 'access' AND revoked_at IS NULL;

-- name: sessions_end_but(customer_id, except_hash, now)!
UPDATE sessions SET ended_at = :now
WHERE customer_id = :customer_id AND id_hash <> :except_hash AND ended_at IS NULL;

-- name: subscription_take(source, ref, customer_id)^
-- Locks it too: an event that ends it and a request to cancel it wait for each other.
UPDATE subscriptions SET ref = ref WHERE source = :source AND ref = :ref AND customer_id = :customer_id RETURNING *;

-- name: email_changes_end(customer_id, now)
-- One undo undoes whatever came after, too.
UPDATE email_changes SET state = 'undone', undone_at = :now
WHERE customer_id = :customer_id AND state IN ('asked', 'confirmed') RETURNING *;

-- name: outbox_call_off(once_key, now)!
-- What need not be said any more, where it isn't on its way.
UPDATE outbox SET state = 'expired', reason = 'not needed any more', settled_at = :now
WHERE once_key = :once_key AND state IN ('due', 'deferred');

-- name: outbox_call_off_claimed(id, now)^
-- The same of one that is claimed: whoever has it in hand asks once more before it is begun.
UPDATE outbox SET state = 'expired', reason = 'not needed any more', settled_at = :now, lease = NULL, lease_until = NULL
WHERE id = :id AND state IN ('due', 'deferred') RETURNING id;

-- name: subscription_by_name(source, ref)^
SELECT * FROM subscriptions WHERE source = :source AND ref = :ref;
