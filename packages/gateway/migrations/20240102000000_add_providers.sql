-- Providers and models that are made at run time, beside those of the configuration.

-- up

-- A credential is kept encrypted, or as a reference such as "env:NAME" that is looked up when it is needed; never both.
CREATE TABLE providers (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  base_url TEXT,
  api_key_encrypted TEXT,
  key_id TEXT,
  api_key_ref TEXT,
  settings TEXT NOT NULL,
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  rotated_at BIGINT,
  CHECK (api_key_encrypted IS NULL OR api_key_ref IS NULL),
  CHECK ((api_key_encrypted IS NULL) = (key_id IS NULL))
);
CREATE INDEX providers_created ON providers (created_at, id);

CREATE TABLE models (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  provider_id TEXT NOT NULL REFERENCES providers (id) ON DELETE RESTRICT,
  provider_model_name TEXT NOT NULL,
  settings TEXT NOT NULL,
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX models_created ON models (created_at, id);
CREATE INDEX models_provider ON models (provider_id);

-- down

DROP TABLE models;
DROP TABLE providers;
