-- The audit is read by time, and by who did what to whom: a page of it comes off an index in its order.

CREATE INDEX audit_by_time ON audit (at, id);
CREATE INDEX audit_by_who ON audit (who, at, id);
CREATE INDEX audit_by_what ON audit (what, at, id);
DROP INDEX audit_by_customer;
CREATE INDEX audit_by_customer ON audit (customer_id, at, id);
