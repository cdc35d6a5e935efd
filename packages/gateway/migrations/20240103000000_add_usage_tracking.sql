-- What was used, and what it cost: a row for each exchange, and sums of them by minute, hour and day.
--
-- An empty text stands for "none" wherever a column is part of a key: no two absent values are equal there.

-- up

-- Each process writes its exchanges to files of its own, a spool. Rows are known by their spool and their number in it,
-- not by the id of the request, which callers may choose. What lies before `position` is in the tables below.
CREATE TABLE ledger_spools (
  id BIGINT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  position BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- Exchanges whose rows could not be kept, because the disk or the spool was full.
CREATE TABLE ledger_losses (
  spool_id BIGINT NOT NULL,
  position BIGINT NOT NULL,
  at BIGINT NOT NULL,
  row_count BIGINT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (spool_id, position)
);

-- One row for each exchange. Tokens and costs are those of all its attempts. A cost that is not known is NULL, with the
-- reason; where only some attempts have no known cost, it is that of the others, and the reason is there as well.
CREATE TABLE usage_records (
  spool_id BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  request_id TEXT NOT NULL,
  ended_at BIGINT NOT NULL,
  operation TEXT NOT NULL,
  is_stream INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  status INTEGER NOT NULL,
  failure TEXT,
  organisation_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  principal TEXT NOT NULL,
  requested_model TEXT,
  model TEXT NOT NULL,
  target_model TEXT,
  response_model TEXT,
  provider TEXT NOT NULL,
  target_id TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  -- 1 when the attempts are told one by one in attempt_records; 0 when this row says all of its only one.
  has_attempt_records INTEGER NOT NULL,
  duration_us BIGINT NOT NULL,
  duration_slot INTEGER NOT NULL,
  first_byte_us BIGINT,
  first_byte_slot INTEGER,
  queued_us BIGINT NOT NULL,
  overhead_us BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  cached_tokens BIGINT NOT NULL,
  cache_write_tokens BIGINT NOT NULL,
  cache_write_hour_tokens BIGINT NOT NULL,
  reasoning_tokens BIGINT NOT NULL,
  audio_input_tokens BIGINT NOT NULL,
  audio_output_tokens BIGINT NOT NULL,
  is_estimated INTEGER NOT NULL,
  cost_nanos BIGINT,
  unknown_cost TEXT,
  price_source TEXT,
  shadow_of TEXT,
  is_shared INTEGER NOT NULL,
  recovered TEXT,
  PRIMARY KEY (spool_id, sequence)
);
CREATE INDEX usage_records_ended ON usage_records (ended_at);

-- The attempts of exchanges that had several, or whose only one did not answer.
CREATE TABLE attempt_records (
  spool_id BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  number INTEGER NOT NULL,
  target_id TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  outcome TEXT NOT NULL,
  status INTEGER NOT NULL,
  duration_us BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  cached_tokens BIGINT NOT NULL,
  cache_write_tokens BIGINT NOT NULL,
  cache_write_hour_tokens BIGINT NOT NULL,
  reasoning_tokens BIGINT NOT NULL,
  audio_input_tokens BIGINT NOT NULL,
  audio_output_tokens BIGINT NOT NULL,
  is_estimated INTEGER NOT NULL,
  cost_nanos BIGINT,
  unknown_cost TEXT,
  price_source TEXT,
  PRIMARY KEY (spool_id, sequence, number)
);

-- Every attempt of every exchange, wherever it is told.
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

-- Sums of the rows that ended within `width` milliseconds (a minute, an hour, a day) from `bucket` on. Requests and
-- durations count for the provider and model that answered, tokens and costs for those of each attempt.
CREATE TABLE usage_rollups (
  width BIGINT NOT NULL,
  bucket BIGINT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  outcome TEXT NOT NULL,
  requests BIGINT NOT NULL,
  shared_requests BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  failed_attempts BIGINT NOT NULL,
  estimated_attempts BIGINT NOT NULL,
  unpriced_attempts BIGINT NOT NULL,
  cost_nanos BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  cached_tokens BIGINT NOT NULL,
  cache_write_tokens BIGINT NOT NULL,
  cache_write_hour_tokens BIGINT NOT NULL,
  reasoning_tokens BIGINT NOT NULL,
  audio_input_tokens BIGINT NOT NULL,
  audio_output_tokens BIGINT NOT NULL,
  duration_us BIGINT NOT NULL,
  -- NULL where nothing was timed.
  duration_min_us BIGINT,
  duration_max_us BIGINT,
  PRIMARY KEY (width, bucket, provider, model, tenant_id, outcome)
)
-- if sqlite
WITHOUT ROWID
-- end if
;

-- The same by key, team and organisation, for hours and days: most questions are answered by the shorter table.
CREATE TABLE usage_key_rollups (
  width BIGINT NOT NULL,
  bucket BIGINT NOT NULL,
  key_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  organisation_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  outcome TEXT NOT NULL,
  requests BIGINT NOT NULL,
  shared_requests BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  failed_attempts BIGINT NOT NULL,
  estimated_attempts BIGINT NOT NULL,
  unpriced_attempts BIGINT NOT NULL,
  cost_nanos BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  cached_tokens BIGINT NOT NULL,
  cache_write_tokens BIGINT NOT NULL,
  cache_write_hour_tokens BIGINT NOT NULL,
  reasoning_tokens BIGINT NOT NULL,
  audio_input_tokens BIGINT NOT NULL,
  audio_output_tokens BIGINT NOT NULL,
  duration_us BIGINT NOT NULL,
  duration_min_us BIGINT,
  duration_max_us BIGINT,
  PRIMARY KEY (width, bucket, key_id, team_id, organisation_id, tenant_id, provider, model, outcome)
)
-- if sqlite
WITHOUT ROWID
-- end if
;

-- How many completed exchanges took how long: `slot` grows with the logarithm of the time.
CREATE TABLE usage_latencies (
  width BIGINT NOT NULL,
  bucket BIGINT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  -- 'total', or 'first_byte' for streams.
  measure TEXT NOT NULL,
  slot INTEGER NOT NULL,
  requests BIGINT NOT NULL,
  PRIMARY KEY (width, bucket, provider, model, measure, slot)
)
-- if sqlite
WITHOUT ROWID
-- end if
;

-- down

DROP TABLE usage_latencies;
DROP TABLE usage_key_rollups;
DROP TABLE usage_rollups;
DROP VIEW usage_attempts;
DROP TABLE attempt_records;
DROP TABLE usage_records;
DROP TABLE ledger_losses;
DROP TABLE ledger_spools;
