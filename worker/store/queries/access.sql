-- name: link_request_times(identity, own, since)
-- Those that a merchant sent are counted apart.
SELECT asked_at FROM link_requests
WHERE identity = :identity AND asked_at > :since AND granted = 1 AND own = :own AND way <> 'merchant'
ORDER BY asked_at;

-- name: link_request_times_merchant(identity, since)
SELECT asked_at FROM link_requests
WHERE identity = :identity AND asked_at > :since AND granted = 1 AND way = 'merchant' ORDER BY asked_at;

-- name: link_requests_since(since)^
SELECT COUNT(*) AS n FROM link_requests WHERE granted = 1 AND customer_id IS NOT NULL AND asked_at > :since;

-- name: link_request_insert(id, way, identity, customer_id, link_id, client, cookie_hash, granted, own, asked_at)!
INSERT INTO link_requests (id, way, identity, customer_id, link_id, client, cookie_hash, granted, own, asked_at)
VALUES (:id, :way, :identity, :customer_id, :link_id, :client, :cookie_hash, :granted, :own, :asked_at);

-- name: link_request_by_id(id)^
SELECT * FROM link_requests WHERE id = :id;

-- name: link_request_try(id, cookie_hash, since, most)^
-- Counted before the code is looked at, so that parallel guesses can't outrun the count.
UPDATE link_requests SET code_tries = code_tries + 1
WHERE id = :id AND cookie_hash = :cookie_hash AND asked_at > :since AND code_tries < :most RETURNING *;

-- name: link_request_tries(identity, since)^
SELECT CAST(COALESCE(SUM(code_tries), 0) AS BIGINT) AS n FROM link_requests
WHERE identity = :identity AND asked_at > :since AND code_tries > 0;

-- name: access_link_insert(id, customer_id, request_id, outbox_id, intent, created_at, expires_at)!
INSERT INTO links (id, purpose, customer_id, request_id, outbox_id, intent, created_at, expires_at)
VALUES (:id, 'access', :customer_id, :request_id, :outbox_id, :intent, :created_at, :expires_at);

-- name: access_link(id)^
SELECT l.*, o.settled_at AS mailed_at FROM links l LEFT JOIN outbox o ON o.id = l.outbox_id
WHERE l.id = :id AND l.purpose = 'access';

-- name: access_link_redeem(id, now, most, since)^
-- Once only, or for robots that press buttons a few times within minutes of the first.
UPDATE links SET redemptions = redemptions + 1, redeemed_at = COALESCE(redeemed_at, CAST(:now AS BIGINT))
WHERE id = :id AND purpose = 'access' AND revoked_at IS NULL AND retired_at IS NULL AND expires_at > :now
  AND redemptions < :most AND (redeemed_at IS NULL OR redeemed_at > :since)
RETURNING customer_id, intent, redemptions, created_at;

-- name: access_links_retire(customer_id, except_id, created_at, now)!
UPDATE links SET retired_at = :now
WHERE customer_id = :customer_id AND purpose = 'access' AND id <> :except_id AND created_at <= :created_at
  AND retired_at IS NULL;

-- name: session_insert(id_hash, customer_id, link_id, agent, now)!
INSERT INTO sessions (id_hash, customer_id, link_id, agent, created_at, seen_at)
VALUES (:id_hash, :customer_id, :link_id, :agent, :now, :now);

-- name: session_live(id_hash, created_since, seen_since)^
SELECT * FROM sessions
WHERE id_hash = :id_hash AND ended_at IS NULL AND created_at > :created_since AND seen_at > :seen_since;

-- name: session_touch(id_hash, now)!
UPDATE sessions SET seen_at = :now WHERE id_hash = :id_hash AND ended_at IS NULL;

-- name: session_end(id_hash, now)!
UPDATE sessions SET ended_at = :now WHERE id_hash = :id_hash AND ended_at IS NULL;

-- name: sessions_end(customer_id, now)!
UPDATE sessions SET ended_at = :now WHERE customer_id = :customer_id AND ended_at IS NULL;

-- name: sessions_live(customer_id, created_since, seen_since)
SELECT * FROM sessions WHERE customer_id = :customer_id AND ended_at IS NULL AND created_at > :created_since
  AND seen_at > :seen_since ORDER BY seen_at DESC, id_hash;
