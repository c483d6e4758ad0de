-- Mailboxes that are watched: how far each was read, by whom, and which of its mails are still to be put away.

CREATE TABLE mailboxes (
  name          TEXT PRIMARY KEY,    -- user, host and folder
  validity      BIGINT,              -- UIDVALIDITY: for as long as it stays, a number means the same mail
  last_uid      BIGINT NOT NULL DEFAULT 0,
  looked_at     BIGINT,              -- when it was last read to its end
  lease         TEXT,                -- the process that watches it
  lease_until   BIGINT,              -- by the database's clock
  failing_since BIGINT,              -- since when nobody could read it
  told_at       BIGINT               -- when the merchant last heard of that
);

CREATE TABLE mailbox_mails (
  mailbox  TEXT NOT NULL,
  validity BIGINT NOT NULL,
  uid      BIGINT NOT NULL,
  mail_id  TEXT NOT NULL,            -- in inbox; the row goes once the mail is put away or stays for good
  PRIMARY KEY (mailbox, validity, uid)
);

-- What stays the same when one mail comes by two ways; nothing where a mail says too little of itself.
ALTER TABLE inbox ADD COLUMN essence TEXT;
CREATE UNIQUE INDEX inbox_essence ON inbox (essence);
-- When a mail was left in its mailbox, for people to read there.
ALTER TABLE inbox ADD COLUMN left_at BIGINT;
