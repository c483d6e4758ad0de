-- Which attempt a bounce address names; attempts before this have none.
ALTER TABLE delivery_attempts ADD COLUMN number BIGINT;
