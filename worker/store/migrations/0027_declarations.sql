-- Cancellations and withdrawals that somebody declared on a page, without signing in or from the hub.

CREATE TABLE declarations (
  id          TEXT PRIMARY KEY,
  digest      TEXT NOT NULL UNIQUE, -- of one press of one page: pressed twice it is one
  what        TEXT NOT NULL CHECK (what IN ('cancel', 'withdraw')),
  name        TEXT NOT NULL,        -- as it was typed, like all that follows
  contract    TEXT NOT NULL,
  email       TEXT NOT NULL,
  manner      TEXT,
  reason      TEXT,
  end_on      TEXT,                 -- a date, null for the soonest
  received_at BIGINT NOT NULL,
  locale      TEXT NOT NULL,        -- in which it was declared
  customer_id TEXT REFERENCES customers (id), -- to whom its address belongs; null for nobody known
  owner_id    TEXT REFERENCES customers (id), -- to whom its number belongs
  proven      BIGINT NOT NULL,      -- 1: that customer was in
  cancel_id   TEXT REFERENCES provider_actions (id), -- what the provider is asked for because of it
  settled_at  BIGINT,
  settled_by  TEXT
);
CREATE INDEX declarations_open ON declarations (id) WHERE settled_at IS NULL;
CREATE INDEX declarations_by_customer ON declarations (customer_id, received_at);
CREATE INDEX declarations_settled ON declarations (id) WHERE settled_at IS NOT NULL;
CREATE INDEX declarations_by_cancel ON declarations (cancel_id) WHERE cancel_id IS NOT NULL;
