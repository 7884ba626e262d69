-- Numbers are given by the store and never used again: the feed counts on it.
CREATE TABLE entry (
  number INTEGER PRIMARY KEY,
  id BLOB NOT NULL,
  expiry_day INTEGER NOT NULL,
  header BLOB NOT NULL,
  sealed BLOB NOT NULL,
  signature BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX entry_id ON entry (id);
CREATE INDEX entry_expiry ON entry (expiry_day);

-- The entry's key, under the same number: without it the sealed body is noise.  The sum is
-- over what the id does not cover, wrap and signature.
CREATE TABLE wrap (
  number INTEGER PRIMARY KEY,
  wrap BLOB NOT NULL,
  sum INTEGER NOT NULL
) STRICT;

CREATE TABLE erased (
  id BLOB PRIMARY KEY NOT NULL,
  expiry_day INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX erased_expiry ON erased (expiry_day);

CREATE TABLE audit (
  number INTEGER PRIMARY KEY,
  line BLOB NOT NULL
) STRICT;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'append only'); END;

CREATE TABLE value (
  number INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  value BLOB NOT NULL
) STRICT;

-- A job without a body is settled.
CREATE TABLE job (
  number INTEGER PRIMARY KEY,
  queue TEXT NOT NULL,
  key BLOB NOT NULL,
  leased_until INTEGER NOT NULL,
  body BLOB,
  UNIQUE (queue, key)
) STRICT;
CREATE INDEX job_waiting ON job (queue, number) WHERE body IS NOT NULL;

-- What must be there: compared with the rows when the store is opened.
CREATE TABLE mark (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  store BLOB NOT NULL,
  number INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  erased INTEGER NOT NULL,
  erased_sum INTEGER NOT NULL,
  audit INTEGER NOT NULL,
  job INTEGER NOT NULL,
  jobs INTEGER NOT NULL
) STRICT;
INSERT INTO mark VALUES (1, randomblob(8), 0, 0, 0, 0, 0, 0, 0);
