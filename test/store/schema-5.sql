-- A store as schema 5 made it, before changes of tools were kept.
PRAGMA application_id = 1835233395;
PRAGMA user_version = 5;

CREATE TABLE sessions (
  id INTEGER PRIMARY KEY,
  hash INTEGER NOT NULL UNIQUE,
  trace BLOB NOT NULL,
  server TEXT NOT NULL,
  client TEXT NOT NULL,
  source TEXT NOT NULL,
  era TEXT NOT NULL,
  opened TEXT NOT NULL,
  name TEXT,
  conversation TEXT,
  client_name TEXT,
  client_version TEXT,
  server_name TEXT,
  server_version TEXT,
  protocol TEXT,
  throw_away INTEGER NOT NULL,
  opened_us INTEGER NOT NULL,
  last_us INTEGER NOT NULL,
  ended_us INTEGER,
  end_reason TEXT,
  operations INTEGER NOT NULL,
  tool_calls INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  handshakes INTEGER NOT NULL
, rejected INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE operations (
  id INTEGER PRIMARY KEY,
  session INTEGER,
  kind INTEGER NOT NULL,
  started_us INTEGER NOT NULL,
  took_us INTEGER NOT NULL,
  request_bytes INTEGER NOT NULL,
  response_bytes INTEGER NOT NULL,
  trace BLOB
) STRICT;

CREATE INDEX operations_of_session ON operations (session);

CREATE TABLE marks (
  at_us INTEGER NOT NULL,
  operation INTEGER NOT NULL,
  PRIMARY KEY (at_us, operation)
) STRICT, WITHOUT ROWID;

CREATE TABLE details (
  operation INTEGER PRIMARY KEY,
  method TEXT,
  target TEXT,
  uri TEXT,
  code TEXT,
  message TEXT,
  arguments TEXT,
  result TEXT,
  parent_us INTEGER,
  events TEXT,
  cancelled INTEGER NOT NULL,
  incomplete INTEGER NOT NULL
, repeats INTEGER, unsuccessful INTEGER) STRICT;

CREATE INDEX details_repeated ON details (operation) WHERE repeats IS NOT NULL;

CREATE TABLE clients (
  server TEXT NOT NULL,
  client TEXT NOT NULL,
  first_us INTEGER NOT NULL,
  last_us INTEGER NOT NULL,
  PRIMARY KEY (server, client)
) STRICT, WITHOUT ROWID;

CREATE TABLE traits (
  server TEXT NOT NULL,
  client TEXT NOT NULL,
  what TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (server, client, what)
) STRICT, WITHOUT ROWID;

CREATE TABLE changes (
  id INTEGER PRIMARY KEY,
  at_us INTEGER NOT NULL,
  server TEXT NOT NULL,
  client TEXT NOT NULL,
  what TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL
) STRICT;

CREATE TABLE counts (
  hour INTEGER NOT NULL,
  server TEXT NOT NULL,
  client TEXT NOT NULL,
  what TEXT NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (hour, server, client, what)
) STRICT, WITHOUT ROWID;

CREATE TABLE tools (
  server TEXT NOT NULL,
  tool TEXT NOT NULL,
  hash TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  first_us INTEGER NOT NULL,
  last_us INTEGER NOT NULL,
  PRIMARY KEY (server, tool, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE processes (
  instance TEXT PRIMARY KEY,
  pid INTEGER NOT NULL,
  server TEXT NOT NULL,
  transport TEXT NOT NULL,
  version TEXT NOT NULL,
  address TEXT NOT NULL,
  upstream TEXT NOT NULL,
  exports TEXT NOT NULL,
  started_us INTEGER NOT NULL,
  seen_us INTEGER NOT NULL,
  ended_us INTEGER,
  figures TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE "kinds" (
  id INTEGER PRIMARY KEY,
  server TEXT NOT NULL,
  client TEXT NOT NULL,
  method TEXT NOT NULL,
  target TEXT NOT NULL,
  direction TEXT NOT NULL,
  form TEXT NOT NULL,
  era TEXT NOT NULL,
  source TEXT NOT NULL,
  outcome TEXT NOT NULL,
  code TEXT NOT NULL,
  handshake TEXT NOT NULL,
  discovery TEXT NOT NULL,
  failed INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  counts INTEGER NOT NULL,
  attempt TEXT NOT NULL,
  turned_away INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  UNIQUE (
    server, client, method, target, direction, form, era, source, outcome, code, handshake, discovery, failed,
    rejected, counts, attempt, turned_away, unknown
  )
) STRICT;

INSERT INTO kinds VALUES (1, 'quiz', 'cursor', 'tools/call', 'search', 'to-server', 'request', 'legacy', 'header', 'rpc-error', '-32603', '', '', 1, 0, 1, 'first', 0, 0);
INSERT INTO sessions (id, hash, trace, server, client, source, era, opened, name, throw_away, opened_us, last_us, operations, tool_calls, failed, handshakes)
  VALUES (1, 1, x'01', 'quiz', 'cursor', 'header', 'legacy', 'handshake', 'an-old-one', 0, 1767225600000000, 1767225600000000, 1, 1, 1, 0);
INSERT INTO operations VALUES (1, 1, 1, 1767225600000000, 1000, 10, 10, NULL);
INSERT INTO details VALUES (1, NULL, NULL, NULL, '-32603', 'said', NULL, NULL, NULL, NULL, 0, 0, NULL, NULL);
INSERT INTO tools VALUES ('quiz', 'search', '00000000deadbeef', 100, 1767225600000000, 1767225600000000);
INSERT INTO marks VALUES (1767225600000000, 1);
