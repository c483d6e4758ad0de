-- name: action_insert(id, verb, source, ref, customer_ref, customer_id, way, state, key, details, requested_at, ends_at, due_at, link_id, message_domain)^
-- Once only while one is open.
INSERT INTO provider_actions (id, verb, source, ref, customer_ref, customer_id, way, state, key, details, requested_at,
  ends_at, due_at, link_id, message_domain)
VALUES (:id, :verb, :source, :ref, :customer_ref, :customer_id, :way, :state, :key, :details, :requested_at,
  :ends_at, :due_at, :link_id, :message_domain)
ON CONFLICT DO NOTHING RETURNING id;

-- name: action_by_id(id)^
SELECT * FROM provider_actions WHERE id = :id;

-- name: action_by_link(link_id)^
SELECT * FROM provider_actions WHERE link_id = :link_id;

-- name: action_open(source, ref)^
SELECT * FROM provider_actions
WHERE source = :source AND ref = :ref AND ref IS NOT NULL AND state IN ('due', 'accepted', 'manual');

-- name: action_open_details(source, customer_ref)^
SELECT * FROM provider_actions
WHERE source = :source AND customer_ref = :customer_ref AND ref IS NULL AND state IN ('due', 'accepted', 'manual');

-- name: actions_of(customer_id)
SELECT * FROM provider_actions WHERE customer_id = :customer_id ORDER BY requested_at, id;

-- name: cancels_open_before(before)^
SELECT COUNT(*) AS n FROM provider_actions
WHERE state IN ('due', 'accepted', 'manual') AND verb IN ('cancel_at_period_end', 'cancel_now')
  AND requested_at <= :before;

-- name: action_done(id, done_at, done_by)^
UPDATE provider_actions SET state = 'done', done_at = :done_at, done_by = :done_by
WHERE id = :id AND state IN ('due', 'accepted', 'manual') RETURNING *;

-- name: action_call_off(id, now)^
-- The lease stays: who asks of it just now is let finish before anything else is asked for the subscription.
UPDATE provider_actions SET state = 'called_off', done_at = :now
WHERE id = :id AND state IN ('due', 'accepted', 'manual') RETURNING *;

-- name: action_reason(id, customer_id, reason)^
UPDATE provider_actions SET reason = :reason WHERE id = :id AND customer_id = :customer_id RETURNING id;

-- name: action_sources_due(now)
SELECT DISTINCT source FROM provider_actions WHERE state = 'due' AND due_at <= :now ORDER BY source;

-- name: action_next_due()^
SELECT MIN(due_at) AS due_at FROM provider_actions WHERE state = 'due' AND lease IS NULL;

-- name: action_settle(id, owner, state, attempts, due_at, accepted_at, words)^
-- Only by who has the lease, and only what nobody settled meanwhile.
UPDATE provider_actions SET state = :state, attempts = :attempts, due_at = :due_at, accepted_at = :accepted_at,
  words = :words, lease = NULL, lease_until = NULL
WHERE id = :id AND lease = :owner AND state = 'due' RETURNING *;

-- name: action_release(id, owner)!
-- Whatever became of it meanwhile: nobody asks of it any more.
UPDATE provider_actions SET lease = NULL, lease_until = NULL WHERE id = :id AND lease = :owner;

-- name: actions_end_leases()!
-- On SQLite a starting `run` is alone: every lease is a dead process's.
UPDATE provider_actions SET lease = NULL, lease_until = NULL WHERE lease IS NOT NULL;

-- name: action_again(id, key, way, now)^
-- Once more from the start. What is being asked just now is let finish.
UPDATE provider_actions SET state = 'due', attempts = 0, due_at = :now, key = :key, way = :way
WHERE id = :id AND state IN ('due', 'accepted', 'manual') AND (lease IS NULL OR lease_until < now_us()) RETURNING *;

-- name: action_attempt_insert(id, action_id, ended_at, way, result, status, words)!
INSERT INTO action_attempts (id, action_id, ended_at, way, result, status, words)
VALUES (:id, :action_id, :ended_at, :way, :result, :status, :words);

-- name: action_attempts_of(action_id)
SELECT * FROM action_attempts WHERE action_id = :action_id ORDER BY ended_at, id;

-- name: actions_counts()
SELECT state, COUNT(*) AS n FROM provider_actions WHERE state IN ('due', 'accepted', 'manual') GROUP BY state;

-- name: endpoint_gone(name)^
SELECT url FROM endpoints_gone WHERE name = :name;

-- name: endpoint_close(name, url, now)!
INSERT INTO endpoints_gone (name, url, gone_at) VALUES (:name, :url, :now)
ON CONFLICT (name) DO UPDATE SET url = excluded.url, gone_at = excluded.gone_at;

-- name: endpoint_open(name)!
DELETE FROM endpoints_gone WHERE name = :name;

-- name: forget_action_attempts(before_id, most)
-- Those of an action that is still open stay.
DELETE FROM action_attempts WHERE id IN (
  SELECT a.id FROM action_attempts a JOIN provider_actions p ON p.id = a.action_id
  WHERE a.id < :before_id AND p.state IN ('done', 'called_off') ORDER BY a.id LIMIT :most) RETURNING id;
