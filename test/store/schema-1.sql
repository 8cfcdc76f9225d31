-- A store as schema 1 made it, before tools were kept.
PRAGMA application_id = 1835233395;
PRAGMA user_version = 1;

CREATE TABLE kinds (
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
  error INTEGER NOT NULL,
  counts INTEGER NOT NULL,
  attempt TEXT NOT NULL,
  rejected INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  UNIQUE (
    server, client, method, target, direction, form, era, source, outcome, code, handshake, discovery, error, counts,
    attempt, rejected, unknown
  )
) STRICT;
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
  errors INTEGER NOT NULL,
  handshakes INTEGER NOT NULL
) STRICT;
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
) STRICT;
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

INSERT INTO kinds VALUES (1, 'quiz', 'chatgpt', 'initialize', '', 'to-server', 'request', 'legacy', 'header', 'ok', '', 'initialize', '', 0, 0, 'first', 0, 0);
INSERT INTO kinds VALUES (2, 'quiz', 'chatgpt', 'tools/call', 'grade', 'to-server', 'request', 'legacy', 'header', 'tool-error', '', '', '', 1, 1, 'first', 0, 0);
INSERT INTO sessions VALUES (1, 3298534883328, x'00300000000000ff0000000000000001', 'quiz', 'chatgpt', 'header', 'legacy', 'handshake', 'an-old-session', NULL, 'openai-mcp', '1.0.0', 'quiz-server', '2.0.0', '2025-11-25', 0, 1767225600000000, 1767225601000000, NULL, NULL, 2, 1, 1, 1);
INSERT INTO operations VALUES (1, 1, 1, 1767225600000000, 30000, 200, 300, NULL);
INSERT INTO operations VALUES (2, 1, 2, 1767225600900000, 100000, 100, 90, NULL);
INSERT INTO marks VALUES (1767225601000000, 1);
INSERT INTO details VALUES (2, NULL, NULL, NULL, NULL, 'said', NULL, NULL, NULL, NULL, 0, 0);
INSERT INTO clients VALUES ('quiz', 'chatgpt', 1767225600000000, 1767225601000000);
INSERT INTO traits VALUES ('quiz', 'chatgpt', 'verdict', 'per-call');
INSERT INTO changes VALUES (1, 1767225600500000, 'quiz', 'chatgpt', 'verdict', 'reusing', 'per-call');
INSERT INTO counts VALUES (1767222000000000, 'quiz', 'chatgpt', 'handshake-avoidable', 3);
