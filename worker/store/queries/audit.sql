-- name: audit_insert(id, at, who, what, customer_id, subject, details)!
INSERT INTO audit (id, at, who, what, customer_id, subject, details)
VALUES (:id, :at, :who, :what, :customer_id, :subject, :details);

-- name: audit_of_customer(customer_id, most)
SELECT * FROM audit WHERE customer_id = :customer_id ORDER BY at DESC, id DESC LIMIT :most;
