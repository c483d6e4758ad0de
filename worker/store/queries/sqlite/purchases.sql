-- name: purchases_page(customer_id, kind_group, pattern, total, before_at, before_id, most)
SELECT id, issued_at, frozen FROM invoices
WHERE customer_id = :customer_id AND frozen IS NOT NULL
  AND (:before_at IS NULL OR (issued_at, id) < (:before_at, :before_id))
  AND (:kind_group IS NULL OR (:kind_group = 'refunds') = (kind IN ('credit_note', 'refund_receipt')))
  AND (:pattern IS NULL OR number LIKE :pattern ESCAPE '\' OR json_extract(frozen, '$.total') = :total
       OR EXISTS (SELECT 1 FROM json_each(frozen, '$.lines')
                  WHERE json_extract(json_each.value, '$.description') LIKE :pattern ESCAPE '\'))
ORDER BY issued_at DESC, id DESC LIMIT :most;
