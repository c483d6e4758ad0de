-- name: home_receipts(days, most)
-- Each day is written as its first moment and its end, 16 digits each; of each no more than `most` are counted.
SELECT d.value AS day, (SELECT COUNT(*) FROM (SELECT 1 AS one FROM outbox
  WHERE kind = 'receipt' AND created_at >= CAST(substr(d.value, 1, 16) AS BIGINT)
    AND created_at < CAST(substr(d.value, 18) AS BIGINT) LIMIT :most) AS counted) AS n
FROM json_each(CAST(:days AS TEXT)) d;

-- name: home_links(days, most)
-- Requests of customers that were answered, whichever way they came.
SELECT d.value AS day, (SELECT COUNT(*) FROM (SELECT 1 AS one FROM link_requests
  WHERE granted = 1 AND customer_id IS NOT NULL AND asked_at >= CAST(substr(d.value, 1, 16) AS BIGINT)
    AND asked_at < CAST(substr(d.value, 18) AS BIGINT) LIMIT :most) AS counted) AS n
FROM json_each(CAST(:days AS TEXT)) d;

-- name: home_cancellations(days, most)
SELECT d.value AS day, (SELECT COUNT(*) FROM (SELECT 1 AS one FROM provider_actions
  WHERE verb IN ('cancel_at_period_end', 'cancel_now') AND requested_at >= CAST(substr(d.value, 1, 16) AS BIGINT)
    AND requested_at < CAST(substr(d.value, 18) AS BIGINT) LIMIT :most) AS counted) AS n
FROM json_each(CAST(:days AS TEXT)) d;

-- name: home_bounces(days, most)
SELECT d.value AS day, (SELECT COUNT(*) FROM (SELECT 1 AS one FROM bounces
  WHERE effect <> 'noted' AND happening <> 'delivered' AND at >= CAST(substr(d.value, 1, 16) AS BIGINT)
    AND at < CAST(substr(d.value, 18) AS BIGINT) LIMIT :most) AS counted) AS n
FROM json_each(CAST(:days AS TEXT)) d;

-- name: home_mails(states, most)
-- For any state but `sent`. The order keeps PostgreSQL on the index: for a rare state it would read the whole table.
SELECT s.value AS state, (SELECT COUNT(*) FROM (SELECT 1 AS one FROM outbox
  WHERE state = s.value AND state <> 'sent' ORDER BY settled_at NULLS LAST LIMIT :most) AS counted) AS n
FROM json_each(CAST(:states AS TEXT)) s;

-- name: home_failed(since, most)^
SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM outbox
  WHERE state = 'failed' AND state <> 'sent' AND settled_at >= :since ORDER BY settled_at NULLS LAST LIMIT :most) AS counted;

-- name: home_quarantined(most)^
SELECT (SELECT COUNT(*) FROM (SELECT 1 AS one FROM events WHERE state = 'quarantined' ORDER BY id LIMIT :most) AS a)
  + (SELECT COUNT(*) FROM (SELECT 1 AS one FROM transactions WHERE state = 'quarantined' ORDER BY id LIMIT :most) AS b)
  + (SELECT COUNT(*) FROM (SELECT 1 AS one FROM inbox WHERE state = 'quarantined' ORDER BY id LIMIT :most) AS c) AS n;

-- name: home_actions(most)^
SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM provider_actions WHERE state = 'manual' LIMIT :most) AS counted;

-- name: home_events(sources)
-- When each source was last heard of.
SELECT s.value AS source, (SELECT MAX(received_at) FROM events WHERE source = s.value) AS last_at
FROM json_each(CAST(:sources AS TEXT)) s;

-- name: home_inbox()^
SELECT received_at AS last_at FROM inbox ORDER BY id DESC LIMIT 1;

-- name: home_mailboxes()
SELECT name, looked_at, failing_since FROM mailboxes ORDER BY name;
