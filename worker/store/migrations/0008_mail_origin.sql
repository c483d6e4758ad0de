-- Who really sent a mail, and link requests out of the allowance of mails that prove to be the address's own.

ALTER TABLE inbox ADD COLUMN helo TEXT;    -- what the machine that brought it called itself
ALTER TABLE inbox ADD COLUMN origin TEXT;  -- what SPF, DKIM and DMARC said; null: it was never asked

ALTER TABLE link_requests ADD COLUMN own BIGINT NOT NULL DEFAULT 0;  -- 1: out of the address's own allowance
