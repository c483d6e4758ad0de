-- name: made_settings()
SELECT * FROM made_settings ORDER BY name;

-- name: made_settings_revision()^
SELECT COALESCE(MAX(revision), 0) AS revision FROM made_settings;

-- name: made_settings_since(revision)
SELECT * FROM made_settings WHERE revision > :revision ORDER BY revision, name;

-- name: made_settings_put(name, value, revision, changed_at, changed_by)*!
INSERT INTO made_settings (name, value, revision, changed_at, changed_by)
VALUES (:name, :value, :revision, :changed_at, :changed_by)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, revision = excluded.revision,
  changed_at = excluded.changed_at, changed_by = excluded.changed_by;
