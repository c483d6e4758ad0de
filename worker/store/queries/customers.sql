-- name: customer_by_id(id)^
SELECT * FROM customers WHERE id = :id;

-- name: customer_by_ref(source, ref)^
SELECT c.* FROM customer_refs r JOIN customers c ON c.id = r.customer_id WHERE r.source = :source AND r.ref = :ref;

-- name: customer_by_email(identity)^
SELECT c.* FROM customer_emails e JOIN customers c ON c.id = e.customer_id WHERE e.identity = :identity;

-- name: customer_make(id, email, name, company, tax_id, phone, locale, address, now)!
INSERT INTO customers (id, email, name, company, tax_id, phone, locale, address, created_at)
VALUES (:id, :email, :name, :company, :tax_id, :phone, :locale, :address, :now);

-- name: customers_make(id, email, name, company, tax_id, phone, locale, address, now)*!
INSERT INTO customers (id, email, name, company, tax_id, phone, locale, address, created_at)
VALUES (:id, :email, :name, :company, :tax_id, :phone, :locale, :address, :now);

-- name: customer_refs_put(source, ref, customer_id)*!
INSERT INTO customer_refs (source, ref, customer_id) VALUES (:source, :ref, :customer_id);

-- name: customer_emails_put(identity, address, customer_id, now)*!
INSERT INTO customer_emails (identity, address, customer_id, added_at) VALUES (:identity, :address, :customer_id, :now);

-- name: customers_by_refs(source, refs)
SELECT r.ref AS found_by, c.* FROM customer_refs r JOIN customers c ON c.id = r.customer_id
WHERE r.source = :source AND r.ref IN (SELECT value FROM json_each(CAST(:refs AS TEXT)));

-- name: customers_by_emails(identities)
SELECT e.identity AS found_by, c.* FROM customer_emails e JOIN customers c ON c.id = e.customer_id
WHERE e.identity IN (SELECT value FROM json_each(CAST(:identities AS TEXT)));

-- name: customer_lock(id)!
-- Changes nothing, but makes other transactions about this customer wait for this one.
-- Not `SET id = id`: SQLite would look for every row that refers to that id.
UPDATE customers SET created_at = created_at WHERE id = :id;

-- name: customer_delete(id)!
DELETE FROM customers WHERE id = :id;

-- name: customer_fill(id, name, company, tax_id, phone, locale, address)!
-- Only empty fields: no stranger's purchase rewrites a profile.
UPDATE customers SET
  name = COALESCE(name, :name), company = COALESCE(company, :company), tax_id = COALESCE(tax_id, :tax_id),
  phone = COALESCE(phone, :phone), locale = COALESCE(locale, :locale), address = COALESCE(address, :address)
WHERE id = :id;

-- name: customer_set_email(id, email)!
UPDATE customers SET email = :email WHERE id = :id;

-- name: customer_claim_ref(source, ref, customer_id)^
-- Whose reference this is: ours now, or theirs who claimed it first.
INSERT INTO customer_refs (source, ref, customer_id) VALUES (:source, :ref, :customer_id)
ON CONFLICT (source, ref) DO UPDATE SET ref = excluded.ref RETURNING customer_id;

-- name: customer_claim_email(identity, address, customer_id, now)^
INSERT INTO customer_emails (identity, address, customer_id, added_at) VALUES (:identity, :address, :customer_id, :now)
ON CONFLICT (identity) DO UPDATE SET identity = excluded.identity RETURNING customer_id;

-- name: customer_retire_email(identity, now)!
UPDATE customer_emails SET retired_at = :now WHERE identity = :identity;

-- name: customer_restore_email(identity)!
UPDATE customer_emails SET retired_at = NULL WHERE identity = :identity;

-- name: customer_emails(customer_id)
SELECT * FROM customer_emails WHERE customer_id = :customer_id ORDER BY added_at, identity;

-- name: customer_refs(customer_id)
SELECT * FROM customer_refs WHERE customer_id = :customer_id ORDER BY source, ref;

-- name: customer_move_refs(old_id, new_id)!
UPDATE customer_refs SET customer_id = :new_id WHERE customer_id = :old_id;

-- name: customer_move_transactions(old_id, new_id)!
UPDATE transactions SET customer_id = :new_id WHERE customer_id = :old_id;

-- name: customer_move_actions(old_id, new_id)!
UPDATE provider_actions SET customer_id = :new_id WHERE customer_id = :old_id;

-- name: customer_move_declarations(old_id, new_id)!
UPDATE declarations SET customer_id = :new_id WHERE customer_id = :old_id;

-- name: customer_move_owned_declarations(old_id, new_id)!
UPDATE declarations SET owner_id = :new_id WHERE owner_id = :old_id;
