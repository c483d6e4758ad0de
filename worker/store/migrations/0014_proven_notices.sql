-- Notices that are proven to come from the customer are told from those that anybody may have written in their name.

ALTER TABLE notices ADD COLUMN proven_at BIGINT;  -- when that was found out
