-- name: merchant_request_times(identity, since)
SELECT asked_at FROM merchant_requests WHERE identity = :identity AND asked_at > :since AND granted = 1
ORDER BY asked_at;

-- name: merchant_request_insert(id, identity, granted, asked_at)!
INSERT INTO merchant_requests (id, identity, granted, asked_at) VALUES (:id, :identity, :granted, :asked_at);

-- name: merchant_link_insert(id, identity, outbox_id, created_at, expires_at)!
INSERT INTO merchant_links (id, identity, outbox_id, created_at, expires_at)
VALUES (:id, :identity, :outbox_id, :created_at, :expires_at);

-- name: merchant_link(id)^
SELECT * FROM merchant_links WHERE id = :id;

-- name: merchant_link_redeem(id, now, most, since)^
-- A printed link once only; a mailed one as a customer's, for robots press buttons in mails.
UPDATE merchant_links SET redemptions = redemptions + 1, redeemed_at = COALESCE(redeemed_at, CAST(:now AS BIGINT))
WHERE id = :id AND retired_at IS NULL AND expires_at > :now
  AND redemptions < CASE WHEN outbox_id IS NULL THEN 1 ELSE CAST(:most AS BIGINT) END
  AND (redeemed_at IS NULL OR redeemed_at > :since)
RETURNING *;

-- name: merchant_links_retire(identity, except_id, created_at, now)!
UPDATE merchant_links SET retired_at = :now
WHERE identity = :identity AND id <> :except_id AND created_at <= :created_at AND retired_at IS NULL;

-- name: merchant_session_insert(id_hash, identity, link_id, agent, now)!
INSERT INTO merchant_sessions (id_hash, identity, link_id, agent, created_at, seen_at)
VALUES (:id_hash, :identity, :link_id, :agent, :now, :now);

-- name: merchant_session_live(id_hash, created_since, seen_since)^
SELECT * FROM merchant_sessions
WHERE id_hash = :id_hash AND ended_at IS NULL AND created_at > :created_since AND seen_at > :seen_since;

-- name: merchant_sessions_live(identity, created_since, seen_since)
SELECT * FROM merchant_sessions WHERE identity = :identity AND ended_at IS NULL AND created_at > :created_since
  AND seen_at > :seen_since ORDER BY seen_at DESC, id_hash;

-- name: merchant_session_touch(id_hash, now)!
UPDATE merchant_sessions SET seen_at = :now WHERE id_hash = :id_hash AND ended_at IS NULL;

-- name: merchant_session_end(id_hash, identity, now)^
-- One of the merchant's own alone.
UPDATE merchant_sessions SET ended_at = :now
WHERE id_hash = :id_hash AND identity = :identity AND ended_at IS NULL RETURNING id_hash;

-- name: merchant_sessions_end(identity, now)!
UPDATE merchant_sessions SET ended_at = :now WHERE identity = :identity AND ended_at IS NULL;
