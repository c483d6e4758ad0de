-- The console: who asked to come in, the links that let merchants in, and their sessions. All of it stands apart from
-- what customers have, so that neither can ever stand for the other. A merchant is known by the address, ASCII case
-- folded; whether it still may come in is asked of the settings each time.

CREATE TABLE merchant_requests (
  id          TEXT PRIMARY KEY,
  identity    TEXT NOT NULL,     -- the address that was entered; also of strangers
  granted     BIGINT NOT NULL,   -- 0: over the limit
  asked_at    BIGINT NOT NULL
);
CREATE INDEX merchant_requests_by_identity ON merchant_requests (identity, asked_at);

CREATE TABLE merchant_links (
  id          TEXT PRIMARY KEY,
  identity    TEXT NOT NULL,
  outbox_id   TEXT,              -- the mail that carries it; null where a command printed it
  created_at  BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  redemptions BIGINT NOT NULL DEFAULT 0,
  redeemed_at BIGINT,            -- the first time
  retired_at  BIGINT             -- a newer one was redeemed, or everything was signed out
);
CREATE INDEX merchant_links_by_identity ON merchant_links (identity, created_at);

CREATE TABLE merchant_sessions (
  id_hash     TEXT PRIMARY KEY,  -- SHA-256: who reads the database can't use it
  identity    TEXT NOT NULL,
  link_id     TEXT NOT NULL REFERENCES merchant_links (id),
  agent       TEXT,              -- what the browser calls itself
  created_at  BIGINT NOT NULL,
  seen_at     BIGINT NOT NULL,
  ended_at    BIGINT
);
CREATE INDEX merchant_sessions_by_identity ON merchant_sessions (identity, created_at);
