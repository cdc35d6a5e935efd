-- What tenants asked, beside the events that tell of it: the event has its hash, so that the text can be deleted without
-- a gap in the chain.

-- up

CREATE TABLE audit_bodies (
  seq BIGINT PRIMARY KEY,
  at BIGINT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX audit_bodies_at ON audit_bodies (at);

-- down

DROP TABLE audit_bodies;
