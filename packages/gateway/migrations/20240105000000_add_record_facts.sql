-- Facts about the record itself, such as the salt that keys of secrets are derived with.

-- up

CREATE TABLE record_facts (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- down

DROP TABLE record_facts;
