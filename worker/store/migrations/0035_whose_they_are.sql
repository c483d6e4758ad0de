-- A customer who is merged into another is looked for wherever there may be one: without a look at all the rows.
CREATE INDEX declarations_by_owner ON declarations (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX link_requests_by_customer ON link_requests (customer_id) WHERE customer_id IS NOT NULL;
