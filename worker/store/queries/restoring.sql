-- name: milestone_set(name, at, details)!
INSERT INTO milestones (name, at, details) VALUES (:name, :at, :details)
ON CONFLICT (name) DO UPDATE SET at = excluded.at, details = excluded.details;

-- name: milestone(name)^
SELECT * FROM milestones WHERE name = :name;

-- name: series_by_name(name)^
SELECT next_number, held_at FROM series WHERE name = :name;

-- name: series_hold(name, now)!
INSERT INTO series (name, next_number, held_at) VALUES (:name, 1, :now)
ON CONFLICT (name) DO UPDATE SET held_at = excluded.held_at;

-- name: series_release(name, next_number)^
-- Upwards only, and once only.
UPDATE series SET next_number = :next_number, held_at = NULL
WHERE name = :name AND held_at IS NOT NULL AND next_number <= :next_number RETURNING next_number;

-- name: transactions_wake_number(now)
UPDATE transactions SET state = 'due', waits_for = NULL, due_at = :now
WHERE state = 'waiting' AND waits_for = 'number' RETURNING id;

-- name: restored_park_mails(now)
-- What was on its way may have gone out before: nothing of it goes by itself.
UPDATE outbox SET state = 'parked', reason = 'restored', settled_at = :now, lease = NULL, lease_until = NULL
WHERE state <> 'sent' AND state IN ('due', 'deferred', 'sending', 'withheld') RETURNING id;

-- name: restored_actions_by_hand(words)
-- What was to be asked may have been asked, and even undone, after the copy was made.
UPDATE provider_actions SET state = 'manual', words = :words, lease = NULL, lease_until = NULL
WHERE state = 'due' RETURNING id;

-- name: restored_retire_links(now)!
UPDATE links SET retired_at = :now WHERE purpose = 'access' AND retired_at IS NULL;

-- name: restored_end_email_changes()!
UPDATE email_changes SET state = 'replaced' WHERE state = 'asked';

-- name: restored_end_sessions(now)
UPDATE sessions SET ended_at = :now WHERE ended_at IS NULL RETURNING id_hash;

-- name: restored_retire_merchant_links(now)!
UPDATE merchant_links SET retired_at = :now WHERE retired_at IS NULL;

-- name: restored_end_merchant_sessions(now)
UPDATE merchant_sessions SET ended_at = :now WHERE ended_at IS NULL RETURNING id_hash;

-- name: restored_set_aside_inbox(now)
-- Mails that nobody had understood yet were answered before, as far as anybody knows.
UPDATE inbox SET state = 'quarantined', reason = 'restored', settled_at = :now WHERE state = 'waiting' RETURNING id;

-- name: restored_settle_announcements(now)!
UPDATE announcements SET settled_at = :now, outcome = 'restored' WHERE settled_at IS NULL;
