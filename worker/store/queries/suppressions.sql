-- name: bounce_insert(id, once_key, at, told_by, happening, outbox_id, identity, status, words)^
INSERT INTO bounces (id, once_key, at, told_by, happening, outbox_id, identity, status, words, effect)
VALUES (:id, :once_key, :at, :told_by, :happening, :outbox_id, :identity, :status, :words, 'noted')
ON CONFLICT (once_key) DO NOTHING RETURNING id;

-- name: bounce_effect(id, effect)!
UPDATE bounces SET effect = :effect WHERE id = :id;

-- name: bounces_of_mail(outbox_id)
SELECT * FROM bounces WHERE outbox_id = :outbox_id ORDER BY at, id;

-- name: bounces_soft(identity, since)^
-- In a row: since the last that arrived.
SELECT COUNT(*) AS n, MIN(at) AS first_at FROM bounces
WHERE identity = :identity AND at >= :since AND happening = 'soft' AND at > COALESCE(
  (SELECT MAX(good.at) FROM bounces good WHERE good.identity = :identity AND good.happening = 'delivered'), 0);

-- name: bounces_since(since, most)
SELECT * FROM bounces WHERE at >= :since AND effect <> 'noted' AND happening <> 'delivered'
ORDER BY at, id LIMIT :most;

-- name: suppress(identity, kind, since, outbox_id, words)^
INSERT INTO suppressions (identity, kind, since, outbox_id, words)
VALUES (:identity, :kind, :since, :outbox_id, :words)
ON CONFLICT (identity, kind) DO UPDATE SET since = excluded.since, outbox_id = excluded.outbox_id,
  words = excluded.words, lifted_at = NULL, lifted_by = NULL
WHERE suppressions.lifted_at IS NOT NULL RETURNING identity;

-- name: suppression_lift(identity, kind, now, lifted_by)^
UPDATE suppressions SET lifted_at = :now, lifted_by = :lifted_by
WHERE identity = :identity AND kind = :kind AND lifted_at IS NULL RETURNING identity;

-- name: suppressions_of(identity)
-- Lifted ones too.
SELECT * FROM suppressions WHERE identity = :identity ORDER BY since, kind;

-- name: outbox_withhold_claimed(ids, passes, now)
-- Every mail comes through a claim, so none is missed.
UPDATE outbox SET state = 'withheld', reason = 'suppressed', settled_at = :now, lease = NULL, lease_until = NULL
WHERE id IN (SELECT value FROM json_each(CAST(:ids AS TEXT))) AND state IN ('due', 'deferred') AND EXISTS (
  SELECT 1 FROM suppressions WHERE identity = lower(outbox.recipient) AND lifted_at IS NULL
    AND suppressions.kind || ' ' || outbox.kind NOT IN (SELECT value FROM json_each(CAST(:passes AS TEXT))))
RETURNING id;

-- name: outbox_withhold_to(recipient, passes, now)
-- Also what a process has in hand: it asks once more before it begins a mail.
UPDATE outbox SET state = 'withheld', reason = 'suppressed', settled_at = :now, lease = NULL, lease_until = NULL
WHERE recipient = :recipient AND state IN ('due', 'deferred') AND EXISTS (
  SELECT 1 FROM suppressions WHERE identity = lower(outbox.recipient) AND lifted_at IS NULL
    AND suppressions.kind || ' ' || outbox.kind NOT IN (SELECT value FROM json_each(CAST(:passes AS TEXT))))
RETURNING id;

-- name: outbox_release_to(identity, now)
-- What is of use yet.
UPDATE outbox SET state = 'due', reason = NULL, due_at = :now, settled_at = NULL
WHERE state = 'withheld' AND state <> 'sent' AND reason = 'suppressed' AND lower(recipient) = :identity AND (expires_at IS NULL OR expires_at > :now) RETURNING id;

-- name: outbox_redirect_withheld(customer_id, old_identity, new_address, now)!
-- Receipts alone: links are asked for anew.
UPDATE outbox SET state = 'due', reason = NULL, due_at = :now, settled_at = NULL, recipient = :new_address
WHERE customer_id = :customer_id AND lower(recipient) = :old_identity AND state = 'withheld' AND reason = 'suppressed'
  AND kind = 'receipt';

-- name: outbox_newest_to(recipient, since)^
SELECT * FROM outbox WHERE recipient = :recipient AND created_at >= :since AND state = 'sent'
ORDER BY created_at DESC, id DESC LIMIT 1;
