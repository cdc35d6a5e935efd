-- Who may call, on whose account, and how much may be spent.
--
-- One text for SQLite and PostgreSQL: whole numbers are BIGINT, flags INTEGER 0 or 1, times milliseconds since 1970,
-- money nano-dollars, JSON TEXT. A part for one of them alone stands between "-- if sqlite" (or "-- if postgres")
-- and "-- end if".

-- up

-- How often each part of the record was changed, so that others notice without reading it.
CREATE TABLE revisions (
  topic TEXT PRIMARY KEY,
  revision BIGINT NOT NULL
);
INSERT INTO revisions (topic, revision) VALUES ('keys', 0), ('providers', 0), ('tenants', 0), ('budgets', 0);

CREATE TABLE organisations (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  settings TEXT NOT NULL,
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE teams (
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL REFERENCES organisations (id) ON DELETE RESTRICT,
  name TEXT NOT NULL,
  settings TEXT NOT NULL,
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (organisation_id, name)
);

-- A namespace: keys, limits, cache and usage of two tenants never meet. Its id is chosen by who makes it.
CREATE TABLE tenants (
  id TEXT PRIMARY KEY,
  organisation_id TEXT REFERENCES organisations (id) ON DELETE RESTRICT,
  name TEXT NOT NULL UNIQUE,
  settings TEXT NOT NULL,
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX tenants_organisation ON tenants (organisation_id);

-- Keys of callers: the SHA-256 of each, never the key. After a rotation with grace, the hash before it is valid too.
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  key_hash TEXT NOT NULL UNIQUE,
  key_prefix TEXT NOT NULL,
  previous_hash TEXT UNIQUE,
  grace_until BIGINT,
  tenant_id TEXT REFERENCES tenants (id) ON DELETE RESTRICT,
  team_id TEXT REFERENCES teams (id) ON DELETE RESTRICT,
  scopes TEXT NOT NULL,
  requests_per_minute BIGINT,
  tokens_per_minute BIGINT,
  max_concurrent BIGINT,
  metadata TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  rotated_at BIGINT,
  expires_at BIGINT,
  revoked_at BIGINT,
  last_used_at BIGINT
);
CREATE INDEX api_keys_created ON api_keys (created_at, id);
CREATE INDEX api_keys_tenant ON api_keys (tenant_id);
CREATE INDEX api_keys_team ON api_keys (team_id);

-- What may be spent in a period: by everyone, or by one organisation, team, tenant or key; on every model or on one.
-- An empty text stands for "all", because a key of a table compares no two absent values as equal.
CREATE TABLE budgets (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  scope_kind TEXT NOT NULL CHECK (scope_kind IN ('global', 'organisation', 'team', 'tenant', 'key')),
  scope_id TEXT NOT NULL,
  model TEXT NOT NULL,
  period TEXT NOT NULL CHECK (period IN ('hour', 'day', 'week', 'month', 'total')),
  cap_nanos BIGINT NOT NULL CHECK (cap_nanos >= 0),
  thresholds TEXT NOT NULL,
  is_hard INTEGER NOT NULL CHECK (is_hard IN (0, 1)),
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (scope_kind, scope_id, model, period)
);

-- The highest threshold of a budget that somebody was told of in a period: each is told of once, whoever counts.
CREATE TABLE budget_alerts (
  budget_id TEXT NOT NULL REFERENCES budgets (id) ON DELETE CASCADE,
  period_start BIGINT NOT NULL,
  alerted_percent INTEGER NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (budget_id, period_start)
);

-- down

DROP TABLE budget_alerts;
DROP TABLE budgets;
DROP TABLE api_keys;
DROP TABLE tenants;
DROP TABLE teams;
DROP TABLE organisations;
DROP TABLE revisions;
