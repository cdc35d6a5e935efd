-- How many tokens a key may use in all, and from when on they count.

-- up

ALTER TABLE api_keys ADD COLUMN token_budget BIGINT;
ALTER TABLE api_keys ADD COLUMN usage_reset_at BIGINT;

-- down

ALTER TABLE api_keys DROP COLUMN usage_reset_at;
ALTER TABLE api_keys DROP COLUMN token_budget;
