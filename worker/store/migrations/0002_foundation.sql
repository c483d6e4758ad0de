-- Times are UTC microseconds, money is minor units, ids are text (time-ordered, or 128 random bits where secret),
-- flags are nullable times.

CREATE TABLE customers (
  id          TEXT PRIMARY KEY,
  created_at  BIGINT NOT NULL,
  email       TEXT,              -- where mails go now; null while only a provider's reference is known
  name        TEXT,
  company     TEXT,
  tax_id      TEXT,
  phone       TEXT,
  locale      TEXT,
  address     TEXT               -- JSON
);

CREATE TABLE customer_emails (
  identity    TEXT PRIMARY KEY,  -- the address, ASCII case folded
  address     TEXT NOT NULL,
  customer_id TEXT NOT NULL REFERENCES customers (id),
  added_at    BIGINT NOT NULL,
  retired_at  BIGINT             -- replaced by another: still finds the customer, gets no mail
);
CREATE INDEX customer_emails_by_customer ON customer_emails (customer_id);

CREATE TABLE customer_refs (
  source      TEXT NOT NULL,
  ref         TEXT NOT NULL,
  customer_id TEXT NOT NULL REFERENCES customers (id),
  PRIMARY KEY (source, ref)
);
CREATE INDEX customer_refs_by_customer ON customer_refs (customer_id);

-- Raw messages of providers, kept before they are understood.
CREATE TABLE events (
  id          TEXT PRIMARY KEY,
  source      TEXT NOT NULL,
  event_id    TEXT NOT NULL,     -- the provider's own id of it
  name        TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  headers     TEXT NOT NULL,     -- JSON
  body        BYTEA NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('waiting', 'understood', 'ignored', 'quarantined')),
  reason      TEXT,
  field       TEXT,
  attempts    BIGINT NOT NULL DEFAULT 0,
  tried_at    BIGINT,            -- by the database's clock: nobody else tries it for a while
  settled_at  BIGINT,
  UNIQUE (source, event_id)
);
CREATE INDEX events_waiting ON events (id) WHERE state = 'waiting';
CREATE INDEX events_quarantined ON events (id) WHERE state = 'quarantined';

CREATE TABLE transactions (
  id          TEXT PRIMARY KEY,
  source      TEXT NOT NULL,
  source_id   TEXT NOT NULL,     -- the teller's own id of it
  kind        TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  body        TEXT NOT NULL,     -- JSON: what was told, never changed
  payment_id  TEXT NOT NULL,     -- the first transaction that told of this payment or refund
  event_id    TEXT REFERENCES events (id),
  customer_id TEXT REFERENCES customers (id),
  refund_of   TEXT,
  sale_payment_id TEXT,          -- of a refund: the payment that it gives back
  currency    TEXT,
  total       BIGINT,
  test        BIGINT NOT NULL,
  bare        BIGINT NOT NULL,   -- told without lines: a richer telling may follow
  flag        TEXT,              -- kept, but something about it is odd
  occurred_at BIGINT NOT NULL,
  accepted_at BIGINT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('due', 'waiting', 'done', 'merged', 'quarantined')),
  waits_for   TEXT CHECK (waits_for IN ('address', 'sale')),
  reason      TEXT,
  attempts    BIGINT NOT NULL DEFAULT 0,
  due_at      BIGINT NOT NULL,
  UNIQUE (source, source_id)
);
CREATE INDEX transactions_due ON transactions (due_at) WHERE state IN ('due', 'waiting');
CREATE INDEX transactions_waiting ON transactions (waits_for) WHERE state = 'waiting';
CREATE INDEX transactions_quarantined ON transactions (id) WHERE state = 'quarantined';
CREATE INDEX transactions_by_payment ON transactions (payment_id);
CREATE INDEX transactions_by_customer ON transactions (customer_id, occurred_at);
CREATE INDEX transactions_by_sale ON transactions (sale_payment_id) WHERE sale_payment_id IS NOT NULL;

-- One payment told by two events or two sources shares a reference; the primary key decides who told it first.
CREATE TABLE payment_references (
  family      TEXT NOT NULL,
  reference   TEXT NOT NULL,
  form        TEXT NOT NULL,     -- what kind of id it is: a payment has one of each kind
  payment_id  TEXT NOT NULL,
  PRIMARY KEY (family, reference)
);
CREATE INDEX payment_references_by_payment ON payment_references (payment_id);

CREATE TABLE series (
  name        TEXT PRIMARY KEY,
  next_number BIGINT NOT NULL
);

-- Frozen documents. A number comes from our series, or from the provider that invoices.
CREATE TABLE invoices (
  id          TEXT PRIMARY KEY,
  payment_id  TEXT NOT NULL UNIQUE,
  transaction_id TEXT NOT NULL REFERENCES transactions (id),
  customer_id TEXT NOT NULL REFERENCES customers (id),
  kind        TEXT NOT NULL,
  series_number BIGINT UNIQUE,
  number      TEXT,
  issued_at   BIGINT NOT NULL,
  frozen      TEXT               -- JSON; null only inside the issuing transaction
);
CREATE INDEX invoices_by_customer ON invoices (customer_id, issued_at);
CREATE INDEX invoices_by_number ON invoices (number) WHERE number IS NOT NULL;

-- Who must hear of what: intent, never bytes.
CREATE TABLE outbox (
  id          TEXT PRIMARY KEY,
  kind        TEXT NOT NULL,
  customer_id TEXT REFERENCES customers (id),
  invoice_id  TEXT REFERENCES invoices (id),
  params      TEXT NOT NULL,     -- JSON: what else composing needs
  recipient   TEXT NOT NULL,
  message_id  TEXT NOT NULL UNIQUE,
  once_key    TEXT UNIQUE,       -- two rows with one key are the same intent
  created_at  BIGINT NOT NULL,
  due_at      BIGINT NOT NULL,
  expires_at  BIGINT,
  state       TEXT NOT NULL CHECK
              (state IN ('due', 'deferred', 'sending', 'sent', 'failed', 'parked', 'withheld', 'expired')),
  reason      TEXT,
  reply       TEXT,              -- the relay's last words
  attempts    BIGINT NOT NULL DEFAULT 0,
  ambiguous   BIGINT NOT NULL DEFAULT 0,
  lease       TEXT,              -- the process that has it in hand
  lease_until BIGINT,
  settled_at  BIGINT
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE state IN ('due', 'deferred');
CREATE INDEX outbox_expiring ON outbox (expires_at) WHERE state IN ('due', 'deferred') AND expires_at IS NOT NULL;
CREATE INDEX outbox_sending ON outbox (id) WHERE state = 'sending';
CREATE INDEX outbox_unsettled ON outbox (state) WHERE state <> 'sent';
CREATE INDEX outbox_by_recipient ON outbox (recipient, created_at);
CREATE INDEX outbox_by_customer ON outbox (customer_id, created_at);
CREATE INDEX outbox_by_invoice ON outbox (invoice_id);

CREATE TABLE delivery_attempts (
  id          TEXT PRIMARY KEY,
  outbox_id   TEXT NOT NULL REFERENCES outbox (id),
  recipient   TEXT NOT NULL,
  ended_at    BIGINT NOT NULL,
  phase       TEXT NOT NULL,
  result      TEXT NOT NULL,
  code        BIGINT,
  reply       TEXT,
  state       TEXT NOT NULL      -- what became of the mail
);
CREATE INDEX delivery_attempts_of ON delivery_attempts (outbox_id, ended_at);

-- Links carry only the id, signed; what they may do stands here.
CREATE TABLE links (
  id          TEXT PRIMARY KEY,
  purpose     TEXT NOT NULL,
  customer_id TEXT NOT NULL REFERENCES customers (id),
  invoice_id  TEXT REFERENCES invoices (id),
  created_at  BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  revoked_at  BIGINT
);
CREATE INDEX links_by_invoice ON links (invoice_id);
CREATE INDEX links_by_customer ON links (customer_id);

CREATE TABLE relays (
  name        TEXT PRIMARY KEY,
  state       TEXT NOT NULL,     -- JSON: paused or not, why, since when
  changed_at  BIGINT NOT NULL
);

CREATE TABLE audit (
  id          TEXT PRIMARY KEY,
  at          BIGINT NOT NULL,
  who         TEXT NOT NULL,
  what        TEXT NOT NULL,
  customer_id TEXT,
  subject     TEXT,
  details     TEXT NOT NULL      -- JSON
);
CREATE INDEX audit_by_customer ON audit (customer_id, at);
