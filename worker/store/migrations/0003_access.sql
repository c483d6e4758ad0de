-- Who asked for a link, what became of it, and the sessions that links opened.

ALTER TABLE links ADD COLUMN request_id TEXT;
ALTER TABLE links ADD COLUMN outbox_id TEXT;                  -- the mail that carries it
ALTER TABLE links ADD COLUMN intent TEXT;                     -- the page it opens; null for the overview
ALTER TABLE links ADD COLUMN redemptions BIGINT NOT NULL DEFAULT 0;
ALTER TABLE links ADD COLUMN redeemed_at BIGINT;              -- the first time
ALTER TABLE links ADD COLUMN retired_at BIGINT;               -- a newer one was redeemed

CREATE TABLE link_requests (
  id          TEXT PRIMARY KEY,
  way         TEXT NOT NULL,
  identity    TEXT NOT NULL,     -- the address that was asked for, ASCII case folded; also of strangers
  customer_id TEXT REFERENCES customers (id),
  link_id     TEXT REFERENCES links (id),
  client      TEXT,              -- the network it came from
  cookie_hash TEXT,              -- the browser that may enter the code
  granted     BIGINT NOT NULL,   -- 0: over the limit
  code_tries  BIGINT NOT NULL DEFAULT 0,
  asked_at    BIGINT NOT NULL
);
CREATE INDEX link_requests_by_identity ON link_requests (identity, asked_at);
CREATE INDEX link_requests_granted ON link_requests (asked_at) WHERE granted = 1 AND customer_id IS NOT NULL;

CREATE TABLE sessions (
  id_hash     TEXT PRIMARY KEY,  -- SHA-256: who reads the database can't use it
  customer_id TEXT NOT NULL REFERENCES customers (id),
  link_id     TEXT NOT NULL REFERENCES links (id),
  agent       TEXT,              -- what the browser calls itself
  created_at  BIGINT NOT NULL,
  seen_at     BIGINT NOT NULL,
  ended_at    BIGINT
);
CREATE INDEX sessions_by_customer ON sessions (customer_id, created_at);
