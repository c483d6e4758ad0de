-- Actions of every verb, carried out by the provider, by the shop's own program or by a person; and each try of theirs.

DROP INDEX provider_actions_open;
DROP INDEX provider_actions_by_subscription;
DROP INDEX provider_actions_by_customer;
DROP INDEX provider_actions_by_time;
DROP INDEX provider_actions_to_do;
ALTER TABLE provider_actions RENAME TO provider_actions_before;

CREATE TABLE provider_actions (
  id          TEXT PRIMARY KEY,
  verb        TEXT NOT NULL,
  source      TEXT NOT NULL,
  ref         TEXT,              -- the subscription; NULL where it is about the customer
  customer_ref TEXT,             -- what the source calls the customer, where it is about them
  customer_id TEXT NOT NULL REFERENCES customers (id),
  way         TEXT NOT NULL CHECK (way IN ('provider', 'endpoint', 'manual')),
  state       TEXT NOT NULL CHECK (state IN ('due', 'accepted', 'manual', 'done', 'called_off')),
  key         TEXT NOT NULL UNIQUE, -- one for all tries: what is asked twice is done once
  details     TEXT,              -- what the customer's details shall be, JSON
  requested_at BIGINT NOT NULL,
  ends_at     BIGINT NOT NULL,   -- when it takes effect, as the customer was told
  due_at      BIGINT NOT NULL,
  attempts    BIGINT NOT NULL DEFAULT 0,
  lease       TEXT,
  lease_until BIGINT,
  accepted_at BIGINT,
  words       TEXT,              -- the last that was heard of it, cut
  reason      TEXT,              -- in the customer's words, given after
  done_at     BIGINT,            -- or called off
  done_by     TEXT,
  link_id     TEXT NOT NULL UNIQUE,
  message_domain TEXT NOT NULL,  -- of the mails about it
  FOREIGN KEY (source, ref) REFERENCES subscriptions (source, ref)
);
INSERT INTO provider_actions (id, verb, source, ref, customer_id, way, state, key, requested_at, ends_at, due_at, reason,
  done_at, done_by, link_id, message_domain)
SELECT id, CASE WHEN ends_at > requested_at THEN 'cancel_at_period_end' ELSE 'cancel_now' END, source, ref, customer_id,
  'manual', CASE state WHEN 'requested' THEN 'manual' WHEN 'done' THEN 'done' ELSE 'called_off' END, id, requested_at, ends_at, requested_at, reason,
  done_at, done_by, link_id, message_domain
FROM provider_actions_before;
DROP TABLE provider_actions_before;

-- One open action of a subscription, and one of a customer's details.
CREATE UNIQUE INDEX provider_actions_open ON provider_actions (source, ref)
  WHERE ref IS NOT NULL AND state IN ('due', 'accepted', 'manual');
CREATE UNIQUE INDEX provider_actions_open_details ON provider_actions (source, customer_ref)
  WHERE ref IS NULL AND state IN ('due', 'accepted', 'manual');
CREATE INDEX provider_actions_due ON provider_actions (source, due_at) WHERE state = 'due';
CREATE INDEX provider_actions_leased ON provider_actions (source, ref) WHERE lease IS NOT NULL;
CREATE INDEX provider_actions_to_do ON provider_actions (requested_at, id) WHERE state IN ('due', 'accepted', 'manual');
CREATE INDEX provider_actions_by_hand ON provider_actions (requested_at, id) WHERE state = 'manual';
CREATE INDEX provider_actions_by_subscription ON provider_actions (source, ref);
CREATE INDEX provider_actions_by_customer ON provider_actions (customer_id);
CREATE INDEX provider_actions_by_time ON provider_actions (requested_at);

CREATE TABLE action_attempts (
  id          TEXT PRIMARY KEY,
  action_id   TEXT NOT NULL REFERENCES provider_actions (id),
  ended_at    BIGINT NOT NULL,
  way         TEXT NOT NULL,
  result      TEXT NOT NULL,
  status      BIGINT,            -- of HTTP; NULL where no answer came
  words       TEXT NOT NULL      -- cut
);
CREATE INDEX action_attempts_of ON action_attempts (action_id);
