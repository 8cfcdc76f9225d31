-- A store as schema 8 made it, before a process could have several servers.
PRAGMA application_id = 1835233395;
PRAGMA user_version = 8;

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
  last_us INTEGER NOT NULL, contract TEXT NOT NULL DEFAULT '',
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

CREATE INDEX details_repeated ON details (operation) WHERE repeats IS NOT NULL;

CREATE TABLE lint (
  day INTEGER NOT NULL,
  server TEXT NOT NULL,
  client TEXT NOT NULL,
  rule TEXT NOT NULL,
  method TEXT NOT NULL,
  seen TEXT NOT NULL,
  number INTEGER NOT NULL,
  last_us INTEGER NOT NULL,
  PRIMARY KEY (day, server, client, rule, method, seen)
) STRICT, WITHOUT ROWID;

CREATE TABLE proofs (
  server TEXT NOT NULL,
  tool TEXT NOT NULL,
  verdict TEXT NOT NULL,
  mode TEXT NOT NULL,
  at_us INTEGER NOT NULL,
  PRIMARY KEY (server, tool)
) STRICT, WITHOUT ROWID;

CREATE TABLE people (
  day INTEGER NOT NULL,
  server TEXT NOT NULL,
  subject TEXT NOT NULL,
  name TEXT NOT NULL,
  who TEXT NOT NULL,
  registers BLOB NOT NULL,
  last_us INTEGER NOT NULL,
  PRIMARY KEY (day, server, subject, name, who)
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE contracts (
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  text TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  last_us INTEGER NOT NULL
) STRICT;

CREATE TABLE tool_changes (
  id INTEGER PRIMARY KEY,
  at_us INTEGER NOT NULL,
  server TEXT NOT NULL,
  tool TEXT NOT NULL,
  kinds TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL
) STRICT;

CREATE TABLE tool_lists (
  server TEXT NOT NULL,
  audience TEXT NOT NULL,
  tools TEXT NOT NULL,
  seen_us INTEGER NOT NULL,
  PRIMARY KEY (server, audience)
) STRICT, WITHOUT ROWID;

CREATE TABLE journeys (
  trace BLOB PRIMARY KEY,
  server TEXT NOT NULL,
  client TEXT NOT NULL,
  client_name TEXT,
  client_version TEXT,
  started_us INTEGER NOT NULL,
  last_us INTEGER NOT NULL,
  state TEXT NOT NULL,
  furthest TEXT NOT NULL,
  stages TEXT NOT NULL,
  challenge TEXT,
  refused INTEGER,
  error TEXT,
  ambiguous INTEGER NOT NULL,
  again INTEGER NOT NULL,
  session BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE journey_counts (
  hour INTEGER NOT NULL,
  server TEXT NOT NULL,
  client TEXT NOT NULL,
  state TEXT NOT NULL,
  reached TEXT NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (hour, server, client, state, reached)
) STRICT, WITHOUT ROWID;

INSERT INTO processes VALUES ('an-instance', 42, 'quiz', 'http', '1.2.3', 'http://127.0.0.1:4100/mcp', 'http://127.0.0.1:3000', '{"traces":"http://collector:4318"}', 1767225600000000, 1767225601000000, 1767225602000000, '{"observerRestarts":1}');
INSERT INTO processes VALUES ('another-instance', 43, 'quiz', 'stdio', '1.2.3', '', '', '{}', 1767225600000000, 1767225603000000, NULL, '{}');
