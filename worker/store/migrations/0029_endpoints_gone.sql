-- Endpoints that said that they want to hear no more, at the address that they had then.
CREATE TABLE endpoints_gone (
  name        TEXT PRIMARY KEY,
  url         TEXT NOT NULL,
  gone_at     BIGINT NOT NULL
);
