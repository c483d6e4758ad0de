-- What customers see and change in their hub: subscriptions, cancellations on their way, changes of the address.

CREATE TABLE subscriptions (
  source      TEXT NOT NULL,
  ref         TEXT NOT NULL,     -- what the source calls it
  customer_id TEXT REFERENCES customers (id),
  name        TEXT,              -- the first line of its payment
  amount      BIGINT,
  currency    TEXT,
  interval    TEXT,
  interval_count BIGINT NOT NULL,
  status      TEXT NOT NULL,
  next_payment_at BIGINT,
  payments_made BIGINT,
  payments_total BIGINT,         -- set: split pay, or a plan with an end
  cancel_at   BIGINT,
  test        BIGINT NOT NULL,
  told_at     BIGINT NOT NULL,   -- when what stands here happened: older tellings fill gaps alone
  PRIMARY KEY (source, ref)
);
CREATE INDEX subscriptions_by_customer ON subscriptions (customer_id);

-- What somebody must do at the provider.
CREATE TABLE provider_actions (
  id          TEXT PRIMARY KEY,
  kind        TEXT NOT NULL CHECK (kind IN ('cancel')),
  source      TEXT NOT NULL,
  ref         TEXT NOT NULL,
  customer_id TEXT NOT NULL REFERENCES customers (id),
  state       TEXT NOT NULL CHECK (state IN ('requested', 'done', 'failed')),
  requested_at BIGINT NOT NULL,
  ends_at     BIGINT NOT NULL,   -- what the customer was told
  reason      TEXT,              -- in the customer's words, given after
  done_at     BIGINT,
  done_by     TEXT,
  link_id     TEXT NOT NULL UNIQUE,
  message_domain TEXT NOT NULL,  -- of the mail that says it is done
  FOREIGN KEY (source, ref) REFERENCES subscriptions (source, ref)
);
CREATE UNIQUE INDEX provider_actions_open ON provider_actions (source, ref, kind) WHERE state = 'requested';
CREATE INDEX provider_actions_by_subscription ON provider_actions (source, ref);
CREATE INDEX provider_actions_by_customer ON provider_actions (customer_id);

CREATE TABLE email_changes (
  id          TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL REFERENCES customers (id),
  session_hash TEXT NOT NULL,    -- the browser that asked: the one that stays in
  old_address TEXT NOT NULL,
  new_address TEXT NOT NULL,
  new_identity TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('asked', 'replaced', 'refused', 'confirmed', 'undone')),
  proof_link  TEXT NOT NULL UNIQUE,
  undo_link   TEXT NOT NULL UNIQUE,
  asked_at    BIGINT NOT NULL,
  confirmed_at BIGINT,
  undone_at   BIGINT
);
CREATE INDEX email_changes_by_customer ON email_changes (customer_id, asked_at);
CREATE INDEX email_changes_by_identity ON email_changes (new_identity, asked_at);
