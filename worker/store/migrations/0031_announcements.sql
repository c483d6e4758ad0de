-- What somebody must hear of beside what happened, until it is decided which mail it brings: payments that are coming or
-- failed, cards that end, disputes, refunds that came to nothing.
CREATE TABLE announcements (
  id           TEXT PRIMARY KEY,
  source       TEXT NOT NULL,
  matter       TEXT NOT NULL,
  told_id      TEXT NOT NULL,    -- the teller's own id of it
  event_id     TEXT REFERENCES events (id),
  body         TEXT NOT NULL,    -- JSON: what was announced
  subscription TEXT,             -- the provider's id of what it is about
  customer_id  TEXT REFERENCES customers (id), -- who was mailed
  told_at      BIGINT NOT NULL,
  due_at       BIGINT NOT NULL,  -- when it is decided
  settled_at   BIGINT,
  outcome      TEXT,
  UNIQUE (source, matter, told_id)
);
CREATE INDEX announcements_due ON announcements (due_at) WHERE settled_at IS NULL;
CREATE INDEX announcements_by_event ON announcements (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX announcements_mailed ON announcements (customer_id, settled_at) WHERE customer_id IS NOT NULL;
CREATE INDEX announcements_told ON announcements (matter, settled_at);
