-- Whose an announcement is need not be kept for ever: what was said of the customer goes with the events that told it.
ALTER TABLE announcements ADD COLUMN forgotten_at BIGINT;
CREATE INDEX announcements_kept ON announcements (settled_at) WHERE forgotten_at IS NULL;
