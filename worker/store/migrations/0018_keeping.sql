-- What is known of copies and restores, and numbers that wait for a word after a restore.

CREATE TABLE milestones (
  name        TEXT PRIMARY KEY,  -- what happened: the newest of each kind
  at          BIGINT NOT NULL,
  details     TEXT NOT NULL      -- JSON
);

ALTER TABLE series ADD COLUMN held_at BIGINT;  -- since when no number is taken: nobody has said yet where it goes on

-- A transaction may wait for its number, too.
ALTER TABLE transactions ADD COLUMN awaits TEXT CHECK (awaits IN ('address', 'sale', 'number'));
UPDATE transactions SET awaits = waits_for WHERE state = 'waiting';
DROP INDEX transactions_waiting;
ALTER TABLE transactions DROP COLUMN waits_for;
ALTER TABLE transactions RENAME COLUMN awaits TO waits_for;
CREATE INDEX transactions_waiting ON transactions (waits_for) WHERE state = 'waiting';
