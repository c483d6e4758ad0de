-- What is forgotten in time is found by its age, in small steps and without a look at what stays.

ALTER TABLE events ADD COLUMN forgotten_at BIGINT;  -- since when its headers and body are gone
CREATE INDEX events_kept ON events (received_at) WHERE forgotten_at IS NULL;
CREATE INDEX inbox_kept ON inbox (received_at) WHERE raw IS NOT NULL;
CREATE INDEX sessions_by_age ON sessions (created_at);
CREATE INDEX sessions_by_link ON sessions (link_id);
CREATE INDEX link_requests_by_age ON link_requests (asked_at);
CREATE INDEX link_requests_by_link ON link_requests (link_id);
CREATE INDEX links_by_end ON links (expires_at) WHERE purpose = 'access';
CREATE INDEX merchant_sessions_by_age ON merchant_sessions (created_at);
CREATE INDEX merchant_requests_by_age ON merchant_requests (asked_at);
CREATE INDEX merchant_links_by_end ON merchant_links (expires_at);
CREATE INDEX merchant_sessions_by_link ON merchant_sessions (link_id);
