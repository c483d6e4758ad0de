-- name: mailbox_take(name, owner, seconds, alone)^
-- One process watches a mailbox; taking it again renews. On SQLite a `run` is alone: a lease is a dead process's.
INSERT INTO mailboxes (name, lease, lease_until)
VALUES (:name, :owner, now_us() + CAST(:seconds AS BIGINT) * 1000000)
ON CONFLICT (name) DO UPDATE SET lease = excluded.lease, lease_until = excluded.lease_until
WHERE mailboxes.lease IS NULL OR mailboxes.lease = excluded.lease OR mailboxes.lease_until < now_us()
  OR CAST(:alone AS BIGINT) = 1
RETURNING *;

-- name: mailbox_release(name, owner)!
UPDATE mailboxes SET lease = NULL, lease_until = NULL WHERE name = :name AND lease = :owner;

-- name: mailbox_by_name(name)^
SELECT * FROM mailboxes WHERE name = :name;

-- name: mailbox_advance(name, validity, uid)!
-- Never backwards, but anew where the numbers mean other mails.
UPDATE mailboxes SET validity = :validity,
  last_uid = CASE WHEN validity = :validity AND last_uid > :uid THEN last_uid ELSE :uid END
WHERE name = :name;

-- name: mailbox_looked(name, now)!
UPDATE mailboxes SET looked_at = :now, failing_since = NULL WHERE name = :name;

-- name: mailbox_fails(name, now)!
UPDATE mailboxes SET failing_since = COALESCE(failing_since, :now) WHERE name = :name;

-- name: mailbox_tell(name, before, again, now)^
-- Once, whichever process finds it out.
UPDATE mailboxes SET told_at = :now
WHERE name = :name AND failing_since <= :before AND (told_at IS NULL OR told_at <= :again) RETURNING name;

-- name: mailbox_mail_add(mailbox, validity, uid, mail_id)!
INSERT INTO mailbox_mails (mailbox, validity, uid, mail_id) VALUES (:mailbox, :validity, :uid, :mail_id)
ON CONFLICT (mailbox, validity, uid) DO UPDATE SET mail_id = excluded.mail_id;

-- name: mailbox_mails_done(mailbox, validity, most)
SELECT m.uid, i.left_at FROM mailbox_mails m JOIN inbox i ON i.id = m.mail_id
WHERE m.mailbox = :mailbox AND m.validity = :validity AND i.state <> 'waiting' ORDER BY m.uid LIMIT :most;

-- name: mailbox_mail_drop(mailbox, validity, uid)!
DELETE FROM mailbox_mails WHERE mailbox = :mailbox AND validity = :validity AND uid = :uid;

-- name: mailbox_mails_void(mailbox, validity)!
-- Numbers that no longer mean anything.
DELETE FROM mailbox_mails WHERE mailbox = :mailbox AND validity <> :validity;

-- name: mailbox_last_read()^
SELECT MAX(looked_at) AS looked_at FROM mailboxes;
