-- What the console's first page counts comes off an index, however many rows there are.

CREATE INDEX outbox_receipts ON outbox (created_at) WHERE kind = 'receipt';
DROP INDEX outbox_unsettled;
CREATE INDEX outbox_unsettled ON outbox (state, settled_at) WHERE state <> 'sent';
CREATE INDEX provider_actions_by_time ON provider_actions (requested_at);
CREATE INDEX events_by_source ON events (source, received_at);
