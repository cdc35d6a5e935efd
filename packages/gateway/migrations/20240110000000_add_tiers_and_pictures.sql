-- Which tier of service an answer was charged in, and how many of its tokens were pictures.

-- up

ALTER TABLE usage_records ADD COLUMN image_input_tokens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_records ADD COLUMN image_output_tokens BIGINT NOT NULL DEFAULT 0;
-- NULL for the usual tier; of several attempts, that of the last one.
ALTER TABLE usage_records ADD COLUMN service_tier TEXT;
ALTER TABLE attempt_records ADD COLUMN image_input_tokens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE attempt_records ADD COLUMN image_output_tokens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE attempt_records ADD COLUMN service_tier TEXT;
ALTER TABLE usage_rollups ADD COLUMN image_input_tokens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_rollups ADD COLUMN image_output_tokens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_key_rollups ADD COLUMN image_input_tokens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_key_rollups ADD COLUMN image_output_tokens BIGINT NOT NULL DEFAULT 0;

DROP VIEW usage_attempts;
CREATE VIEW usage_attempts AS
SELECT spool_id, sequence, number, target_id, provider, model, outcome, status, duration_us, input_tokens,
  output_tokens, cached_tokens, cache_write_tokens, cache_write_hour_tokens, reasoning_tokens, audio_input_tokens,
  audio_output_tokens, image_input_tokens, image_output_tokens, is_estimated, cost_nanos, unknown_cost, price_source,
  service_tier
FROM attempt_records
UNION ALL
SELECT spool_id, sequence, 1, target_id, provider, model, 'ok', status, duration_us, input_tokens,
  output_tokens, cached_tokens, cache_write_tokens, cache_write_hour_tokens, reasoning_tokens, audio_input_tokens,
  audio_output_tokens, image_input_tokens, image_output_tokens, is_estimated, cost_nanos, unknown_cost, price_source,
  service_tier
FROM usage_records WHERE attempts = 1 AND has_attempt_records = 0;

-- For lists of the requests of one provider.
CREATE INDEX usage_records_provider ON usage_records (provider, ended_at);

-- down

DROP INDEX usage_records_provider;
DROP VIEW usage_attempts;
CREATE VIEW usage_attempts AS
SELECT spool_id, sequence, number, target_id, provider, model, outcome, status, duration_us, input_tokens,
  output_tokens, cached_tokens, cache_write_tokens, cache_write_hour_tokens, reasoning_tokens, audio_input_tokens,
  audio_output_tokens, is_estimated, cost_nanos, unknown_cost, price_source
FROM attempt_records
UNION ALL
SELECT spool_id, sequence, 1, target_id, provider, model, 'ok', status, duration_us, input_tokens,
  output_tokens, cached_tokens, cache_write_tokens, cache_write_hour_tokens, reasoning_tokens, audio_input_tokens,
  audio_output_tokens, is_estimated, cost_nanos, unknown_cost, price_source
FROM usage_records WHERE attempts = 1 AND has_attempt_records = 0;

ALTER TABLE usage_key_rollups DROP COLUMN image_output_tokens;
ALTER TABLE usage_key_rollups DROP COLUMN image_input_tokens;
ALTER TABLE usage_rollups DROP COLUMN image_output_tokens;
ALTER TABLE usage_rollups DROP COLUMN image_input_tokens;
ALTER TABLE attempt_records DROP COLUMN service_tier;
ALTER TABLE attempt_records DROP COLUMN image_output_tokens;
ALTER TABLE attempt_records DROP COLUMN image_input_tokens;
ALTER TABLE usage_records DROP COLUMN service_tier;
ALTER TABLE usage_records DROP COLUMN image_output_tokens;
ALTER TABLE usage_records DROP COLUMN image_input_tokens;
