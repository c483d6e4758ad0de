-- name: mails_newest(before, most)
SELECT * FROM outbox WHERE id < :before ORDER BY id DESC LIMIT :most;

-- name: mails_in_state(state, before, most)
-- For any state but `sent`, off their partial index.
SELECT * FROM outbox WHERE state = :state AND state <> 'sent' AND id < :before ORDER BY id DESC LIMIT :most;

-- name: mails_gone(before, most)
-- Most are: the newest are near at hand.
SELECT * FROM outbox WHERE state = 'sent' AND id < :before ORDER BY id DESC LIMIT :most;

-- name: mail_decide(id, state, reason, now)^
-- Once only: what was decided before stays decided.
UPDATE outbox SET state = :state, reason = :reason, settled_at = :now
WHERE id = :id AND state = 'parked' RETURNING id;

-- name: suppressions_listed(before_since, before_identity, before_kind, most)
SELECT * FROM suppressions WHERE lifted_at IS NULL AND (since, identity, kind)
  < (CAST(:before_since AS BIGINT), CAST(:before_identity AS TEXT), CAST(:before_kind AS TEXT))
ORDER BY since DESC, identity DESC, kind DESC LIMIT :most;

-- name: events_held(state, most)
-- Waiting or quarantined ones, the oldest first.
SELECT id, source, event_id, name, received_at, state, reason, field FROM (
  SELECT * FROM events WHERE state = 'waiting' UNION ALL SELECT * FROM events WHERE state = 'quarantined') held
WHERE held.state = CAST(:state AS TEXT) ORDER BY id LIMIT :most;

-- name: inbox_held(state, most)
SELECT id, received_at, sender, state, reason FROM (
  SELECT * FROM inbox WHERE state = 'waiting' UNION ALL SELECT * FROM inbox WHERE state = 'quarantined') held
WHERE held.state = CAST(:state AS TEXT) ORDER BY id LIMIT :most;

-- name: events_in_quarantine(source, reason, after, most)
SELECT id FROM events WHERE state = 'quarantined' AND forgotten_at IS NULL AND id > :after
  AND (CAST(:source AS TEXT) IS NULL OR source = CAST(:source AS TEXT))
  AND (CAST(:reason AS TEXT) IS NULL OR reason = CAST(:reason AS TEXT))
ORDER BY id LIMIT :most;

-- name: events_of_reason(reason, most)
SELECT id FROM events WHERE state = 'quarantined' AND reason = :reason ORDER BY id LIMIT :most;
