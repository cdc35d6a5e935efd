-- What `GET /admin/logs` is narrowed by. Rows that a filter can never ask for are in no index of it: who has no tenants
-- pays for none, and failures are few.

-- up

CREATE INDEX usage_records_key ON usage_records (key_id, ended_at) WHERE key_id <> '';
CREATE INDEX usage_records_tenant ON usage_records (tenant_id, ended_at) WHERE tenant_id <> '';
CREATE INDEX usage_records_model ON usage_records (requested_model, ended_at);
CREATE INDEX usage_records_failed ON usage_records (ended_at) WHERE status <> 200 OR outcome <> 'completed';

-- down

DROP INDEX usage_records_failed;
DROP INDEX usage_records_model;
DROP INDEX usage_records_tenant;
DROP INDEX usage_records_key;
