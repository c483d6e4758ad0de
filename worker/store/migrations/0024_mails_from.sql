-- Mails that came from an address, for `letterkey mails`.
CREATE INDEX inbox_from ON inbox (lower(sender), received_at);
