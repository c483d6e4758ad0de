-- Only what was granted or guessed at counts against an address: in a flood in its name each request looked through
-- all those before it.

DROP INDEX link_requests_by_identity;
CREATE INDEX link_requests_by_identity ON link_requests (identity, asked_at) WHERE granted = 1;
CREATE INDEX link_requests_guessed_at ON link_requests (identity, asked_at) WHERE code_tries > 0;
