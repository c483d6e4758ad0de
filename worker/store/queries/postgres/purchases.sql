-- name: purchases_page(customer_id, kind_group, pattern, total, before_at, before_id, most)
SELECT id, issued_at, frozen FROM invoices
WHERE customer_id = :customer_id AND frozen IS NOT NULL
  AND (CAST(:before_at AS BIGINT) IS NULL OR (issued_at, id) < (CAST(:before_at AS BIGINT), CAST(:before_id AS TEXT)))
  AND (CAST(:kind_group AS TEXT) IS NULL
       OR (CAST(:kind_group AS TEXT) = 'refunds') = (kind IN ('credit_note', 'refund_receipt')))
  AND (CAST(:pattern AS TEXT) IS NULL OR number ILIKE CAST(:pattern AS TEXT)
       OR CAST(CAST(frozen AS JSONB) ->> 'total' AS BIGINT) = CAST(:total AS BIGINT)
       OR EXISTS (SELECT 1 FROM jsonb_array_elements(CAST(frozen AS JSONB) -> 'lines') line
                  WHERE line ->> 'description' ILIKE CAST(:pattern AS TEXT)))
ORDER BY issued_at DESC, id DESC LIMIT :most;
