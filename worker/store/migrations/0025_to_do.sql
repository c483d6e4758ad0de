-- What is to be done at the providers, the longest waiting first.

CREATE INDEX provider_actions_to_do ON provider_actions (requested_at, id) WHERE state = 'requested';
