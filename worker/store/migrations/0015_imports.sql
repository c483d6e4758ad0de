-- History that was imported: shown to the customer, and nothing else ever follows from it.
ALTER TABLE transactions ADD COLUMN imported_at BIGINT;
CREATE INDEX transactions_undrawn ON transactions (source, id) WHERE imported_at IS NOT NULL AND state IN ('due', 'waiting');

-- How far the import of an account's history has come.
CREATE TABLE imports (
  source      TEXT PRIMARY KEY,
  began_at    BIGINT NOT NULL,
  since       BIGINT,            -- nothing that happened before it is wanted
  place       TEXT,              -- JSON: the next page; null once all is read
  tally       TEXT NOT NULL,     -- JSON: what became of what was read so far
  finished_at BIGINT
);

-- The last message that could not be proven to be an account's provider's: for whoever connects it, never the message.
CREATE TABLE refusals (
  source      TEXT PRIMARY KEY,
  at          BIGINT NOT NULL,
  reason      TEXT NOT NULL
);
