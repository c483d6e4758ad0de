-- Mails that came in, kept before their sender hears 250 and understood afterwards.

CREATE TABLE inbox (
  id          TEXT PRIMARY KEY,
  received_at BIGINT NOT NULL,
  peer        TEXT NOT NULL,     -- the machine that brought it
  sender      TEXT NOT NULL,     -- of the envelope; empty for the null sender
  recipients  TEXT NOT NULL,     -- of the envelope: JSON, sorted
  raw         BYTEA,             -- byte for byte; null once it is forgotten
  size        BIGINT NOT NULL,
  digest      TEXT NOT NULL,     -- SHA-256 of raw: the same mail for the same recipients is kept once
  message_id  TEXT,              -- what it calls itself
  state       TEXT NOT NULL CHECK (state IN ('waiting', 'settled', 'quarantined')),
  outcome     TEXT,              -- in one word what it was
  reason      TEXT,
  attempts    BIGINT NOT NULL DEFAULT 0,
  tried_at    BIGINT,            -- by the database's clock: nobody else tries it for a while
  settled_at  BIGINT,
  UNIQUE (digest, recipients)
);
CREATE INDEX inbox_waiting ON inbox (id) WHERE state = 'waiting';
CREATE INDEX inbox_quarantined ON inbox (id) WHERE state = 'quarantined';
CREATE INDEX inbox_by_outcome ON inbox (outcome);
