-- name: announcement_keep(id, source, matter, told_id, event_id, body, subscription, told_at, due_at)^
INSERT INTO announcements (id, source, matter, told_id, event_id, body, subscription, told_at, due_at)
VALUES (:id, :source, :matter, :told_id, :event_id, :body, :subscription, :told_at, :due_at)
ON CONFLICT (source, matter, told_id) DO NOTHING RETURNING id;

-- name: announcements_due(now, most)
SELECT id FROM announcements WHERE settled_at IS NULL AND due_at <= :now ORDER BY due_at, id LIMIT :most;

-- name: announcements_next_due()^
SELECT MIN(due_at) AS due_at FROM announcements WHERE settled_at IS NULL;

-- name: announcement_by_id(id)^
SELECT * FROM announcements WHERE id = :id;

-- name: announcements_of_event(event_id)
SELECT * FROM announcements WHERE event_id = :event_id ORDER BY id;

-- name: announcement_settle(id, outcome, customer_id, now)^
-- Whoever settles it mails it: nobody else does.
UPDATE announcements SET settled_at = :now, outcome = :outcome, customer_id = :customer_id
WHERE id = :id AND settled_at IS NULL RETURNING id;

-- name: announcement_take_back(id, outcome)^
-- Where its first mail was called off before it may have gone out.
UPDATE announcements SET outcome = :outcome, customer_id = NULL
WHERE id = :id AND outcome = 'mailed' AND EXISTS (
  SELECT 1 FROM outbox WHERE once_key = 'announcement:' || announcements.id AND state = 'expired' AND ambiguous = 0)
RETURNING id;

-- name: announcements_mailed(customer_id, matter, since)
SELECT source, body, settled_at FROM announcements
WHERE customer_id = :customer_id AND matter = :matter AND settled_at > :since AND outcome = 'mailed';

-- name: announcements_of_subscription(source, subscription, matter, since)
SELECT * FROM announcements
WHERE source = :source AND matter = :matter AND subscription = :subscription AND told_at >= :since ORDER BY id DESC;

-- name: announcements_told(matter, since, most)
-- What the merchant was told of since, the newest first.
SELECT * FROM announcements WHERE matter = :matter AND settled_at >= :since AND outcome = 'merchant_told'
ORDER BY id DESC LIMIT :most;

-- name: paid_since(source, ref, since)^
-- Whether money came for the subscription at that moment or after it.
SELECT 1 AS paid FROM transactions
WHERE source = :source AND subscription_ref = :ref AND kind IN ('sale', 'renewal') AND occurred_at >= :since LIMIT 1;

-- name: payer_of(source, reference)^
-- Who paid it, by the provider's id of the payment, or of what told of it.
SELECT c.* FROM customers c WHERE c.id IN (
  SELECT t.customer_id FROM payment_references r JOIN transactions t ON t.payment_id = r.payment_id
  WHERE r.reference = :reference AND t.source = :source
  UNION SELECT customer_id FROM transactions WHERE source_id = :reference AND source = :source) LIMIT 1;
