-- What the merchant set in the console: it wins over the file. A change has one revision, whatever it changed.
CREATE TABLE made_settings (
  name       TEXT PRIMARY KEY,   -- as in the file, with dots
  value      TEXT,               -- JSON; null: given back to the file
  revision   BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by TEXT NOT NULL
);
CREATE INDEX made_settings_by_revision ON made_settings (revision);
