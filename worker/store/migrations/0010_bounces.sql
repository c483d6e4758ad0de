-- What came back of mails of ours, and the addresses that get no more of them.

CREATE TABLE bounces (
  id          TEXT PRIMARY KEY,
  once_key    TEXT NOT NULL UNIQUE,  -- the same told twice, by whichever way, is one
  at          BIGINT NOT NULL,
  told_by     TEXT NOT NULL,         -- a relay, or the sign by which a mail was read
  happening   TEXT NOT NULL,
  outbox_id   TEXT REFERENCES outbox (id),  -- null where it names no mail of ours
  identity    TEXT,                  -- the address, ASCII case folded
  status      TEXT,                  -- RFC 3463
  words       TEXT NOT NULL,
  effect      TEXT NOT NULL          -- what followed
);
CREATE INDEX bounces_of_mail ON bounces (outbox_id, at);
CREATE INDEX bounces_of_address ON bounces (identity, at);
CREATE INDEX bounces_that_count ON bounces (at) WHERE effect <> 'noted' AND happening <> 'delivered';

CREATE TABLE suppressions (
  identity    TEXT NOT NULL,         -- the address, ASCII case folded
  kind        TEXT NOT NULL CHECK (kind IN ('bounce', 'complaint')),
  since       BIGINT NOT NULL,
  outbox_id   TEXT,                  -- the mail that came back
  words       TEXT NOT NULL,
  lifted_at   BIGINT,
  lifted_by   TEXT,
  PRIMARY KEY (identity, kind)
);
