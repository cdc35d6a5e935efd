-- Who did what: events that are only ever added, each with the hash of the one before it.

-- up

CREATE TABLE audit_events (
  seq BIGINT PRIMARY KEY,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  outcome TEXT NOT NULL,
  tenant_id TEXT,
  subject TEXT,
  request_id TEXT,
  address TEXT,
  detail TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE INDEX audit_events_at ON audit_events (at);
CREATE INDEX audit_events_kind ON audit_events (kind, seq);
CREATE INDEX audit_events_actor ON audit_events (actor, seq);
CREATE INDEX audit_events_tenant ON audit_events (tenant_id, seq);

-- The two ends of the chain: the event before the oldest one that is kept, and the newest. Its one row is what writers
-- wait for, so that there is one chain however many they are.
CREATE TABLE audit_chain (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  anchor_seq BIGINT NOT NULL,
  anchor_hash TEXT NOT NULL,
  head_seq BIGINT NOT NULL,
  head_hash TEXT NOT NULL,
  head_at BIGINT NOT NULL
);
INSERT INTO audit_chain (id, anchor_seq, anchor_hash, head_seq, head_hash, head_at) VALUES (1, 0, '', 0, '', 0);

-- down

DROP TABLE audit_chain;
DROP TABLE audit_events;
