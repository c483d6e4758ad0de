-- name: action_insert(id, verb, source, ref, customer_ref, customer_id, way, state, key, details, requested_at, ends_at, link_id, message_domain)^
-- Once only while one is open.
INSERT INTO provider_actions (id, verb, source, ref, customer_ref, customer_id, way, state, key, details, requested_at,
  ends_at, due_at, link_id, message_domain)
VALUES (:id, :verb, :source, :ref, :customer_ref, :customer_id, :way, :state, :key, :details, :requested_at,
  :ends_at, :requested_at, :link_id, :message_domain)
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
