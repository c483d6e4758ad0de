-- Providers asked who a customer is, of whom they told an id and no address.
CREATE TABLE inquiries (
  source      TEXT NOT NULL,
  ref         TEXT NOT NULL,     -- the provider's own id of the customer
  standing    TEXT NOT NULL CHECK (standing IN ('asking', 'no_address', 'lost', 'denied', 'failed')),
  reason      TEXT,              -- why there is no address yet, in the words of the answer
  tries       BIGINT NOT NULL,
  asked_at    BIGINT NOT NULL,
  due_at      BIGINT,            -- when it is asked again; null: never
  PRIMARY KEY (source, ref)
);
