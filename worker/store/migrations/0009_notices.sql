-- Mails that declare a cancellation or withdrawal, and what may be done so many times in a while.

CREATE TABLE notices (
  id          TEXT PRIMARY KEY,
  mail_id     TEXT NOT NULL UNIQUE REFERENCES inbox (id),
  customer_id TEXT REFERENCES customers (id),   -- null for who bought nothing
  received_at BIGINT NOT NULL                   -- when the mail came in
);
CREATE INDEX notices_by_customer ON notices (customer_id, received_at);

CREATE TABLE allowances (
  name        TEXT PRIMARY KEY,
  whole_at    BIGINT NOT NULL                   -- when nothing of it is used any more; then the row may go
);
CREATE INDEX allowances_whole ON allowances (whole_at);
