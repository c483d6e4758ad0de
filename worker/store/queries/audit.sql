-- name: audit_insert(id, at, who, what, customer_id, subject, details)!
INSERT INTO audit (id, at, who, what, customer_id, subject, details)
VALUES (:id, :at, :who, :what, :customer_id, :subject, :details);

-- name: audit_of_customer(customer_id, most)
SELECT * FROM audit WHERE customer_id = :customer_id ORDER BY at DESC, id DESC LIMIT :most;

-- name: audit_page(before_at, before_id, since, most)
SELECT * FROM audit WHERE (at, id) < (CAST(:before_at AS BIGINT), CAST(:before_id AS TEXT)) AND at >= :since
ORDER BY at DESC, id DESC LIMIT :most;

-- name: audit_page_by_who(who, what, before_at, before_id, since, most)
-- A page comes off the index of the narrowest thing that was asked for; the rest is looked at row by row.
SELECT * FROM audit WHERE who = :who AND (CAST(:what AS TEXT) IS NULL OR what = CAST(:what AS TEXT))
  AND (at, id) < (CAST(:before_at AS BIGINT), CAST(:before_id AS TEXT)) AND at >= :since
ORDER BY at DESC, id DESC LIMIT :most;

-- name: audit_page_by_what(what, before_at, before_id, since, most)
SELECT * FROM audit WHERE what = :what
  AND (at, id) < (CAST(:before_at AS BIGINT), CAST(:before_id AS TEXT)) AND at >= :since
ORDER BY at DESC, id DESC LIMIT :most;

-- name: audit_page_by_customer(customer_id, who, what, before_at, before_id, since, most)
SELECT * FROM audit WHERE customer_id = :customer_id AND (CAST(:who AS TEXT) IS NULL OR who = CAST(:who AS TEXT))
  AND (CAST(:what AS TEXT) IS NULL OR what = CAST(:what AS TEXT))
  AND (at, id) < (CAST(:before_at AS BIGINT), CAST(:before_id AS TEXT)) AND at >= :since
ORDER BY at DESC, id DESC LIMIT :most;

-- name: audit_customers(ids)
-- Under which address each customer is known now.
SELECT id, email FROM customers WHERE id IN (SELECT value FROM json_each(CAST(:ids AS TEXT)));
