-- name: relay_state(name)^
SELECT state FROM relays WHERE name = :name;

-- name: relay_save(name, state, now)!
INSERT INTO relays (name, state, changed_at) VALUES (:name, :state, :now)
ON CONFLICT (name) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at;
