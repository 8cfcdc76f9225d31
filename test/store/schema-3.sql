-- A store as schema 3 made it, when `error` and `rejected` had other meanings.
PRAGMA application_id = 1835233395;
PRAGMA user_version = 3;

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

INSERT INTO kinds VALUES (1, 'quiz', 'cursor', 'initialize', '', 'to-server', 'request', 'legacy', 'header', 'ok', '', 'initialize', '', 0, 0, 'first', 0, 0);
INSERT INTO kinds VALUES (2, 'quiz', 'cursor', 'tools/call', 'grade', 'to-server', 'request', 'legacy', 'header', 'tool-error', '', '', '', 1, 1, 'first', 0, 0);
INSERT INTO kinds VALUES (3, 'quiz', 'cursor', 'tools/call', 'grade', 'to-server', 'request', 'legacy', 'header', 'rpc-error', '-32603', '', '', 1, 1, 'first', 0, 0);
INSERT INTO kinds VALUES (4, 'quiz', 'cursor', 'tools/call', 'grade', 'to-server', 'request', 'legacy', 'header', 'rpc-error', '-32602', '', '', 1, 1, 'first', 0, 0);
INSERT INTO kinds VALUES (5, 'quiz', 'cursor', 'tools/call', 'grade', 'to-server', 'request', 'legacy', 'header', 'refused', '429', '', '', 1, 1, 'first', 0, 0);
INSERT INTO kinds VALUES (6, 'quiz', 'cursor', 'tools/call', 'grade', 'to-server', 'request', 'legacy', 'header', 'failed', '503', '', '', 1, 1, 'first', 0, 0);
INSERT INTO kinds VALUES (7, 'quiz', 'cursor', 'tools/call', 'grade', 'to-server', 'request', 'legacy', 'header', 'cancelled', '', '', '', 0, 1, 'first', 0, 0);
INSERT INTO kinds VALUES (8, 'quiz', 'cursor', 'tools/call', 'grade', 'to-server', 'request', 'legacy', 'header', 'lost', '', '', '', 1, 1, 'first', 0, 0);
INSERT INTO kinds VALUES (9, 'quiz', 'cursor', 'tools/call', '_OTHER', 'to-server', 'request', 'legacy', 'header', 'tool-error', '', '', '', 1, 1, 'first', 0, 1);
INSERT INTO kinds VALUES (10, 'quiz', 'cursor', 'tools/call', 'grade', 'to-server', 'request', 'legacy', 'header', 'refused', '401', '', '', 0, 0, 'first', 1, 0);
INSERT INTO kinds VALUES (11, 'quiz', 'cursor', 'tools/call', 'grade', 'to-server', 'request', 'legacy', 'header', 'rpc-error', '-32001', '', '', 1, 0, 'first', 1, 0);
INSERT INTO kinds VALUES (12, 'quiz', 'cursor', 'prompts/get', 'p', 'to-server', 'request', 'legacy', 'header', 'rpc-error', '-32602', '', '', 0, 0, 'first', 0, 0);
INSERT INTO kinds VALUES (13, 'quiz', 'cursor', 'server/discover', '', 'to-server', 'request', 'legacy', 'header', 'rpc-error', '-32601', 'probe', '', 0, 0, 'first', 0, 0);
INSERT INTO kinds VALUES (14, 'quiz', 'cursor', 'roots/list', '', 'to-client', 'request', 'legacy', 'header', 'rpc-error', '-32601', '', '', 1, 0, 'first', 0, 0);
INSERT INTO kinds VALUES (15, 'quiz', 'cursor', 'tools/call', 'grade', 'to-server', 'request', 'legacy', 'header', 'tool-error', '', '', '', 1, 1, 'retry', 0, 0);
INSERT INTO sessions VALUES (1, 3298534883328, x'00300000000000ff0000000000000001', 'quiz', 'cursor', 'header', 'legacy', 'handshake', 'an-old-session', NULL, 'cursor-vscode', '1.0.0', 'quiz-server', '2.0.0', '2025-11-25', 0, 1767225600000000, 1767225615000000, NULL, NULL, 18, 11, 11, 1);
INSERT INTO sessions VALUES (2, 3298534883329, x'00300000000001ff0000000000000001', 'quiz', 'cursor', 'header', 'legacy', 'handshake', 'a-good-session', NULL, 'cursor-vscode', '1.0.0', 'quiz-server', '2.0.0', '2025-11-25', 0, 1767225600000000, 1767225601000000, NULL, NULL, 1, 0, 0, 1);
INSERT INTO operations VALUES (1, 1, 1, 1767225600000000, 30000, 200, 300, NULL);
INSERT INTO operations VALUES (2, 1, 2, 1767225601000000, 30000, 200, 300, NULL);
INSERT INTO operations VALUES (3, 1, 3, 1767225602000000, 30000, 200, 300, NULL);
INSERT INTO operations VALUES (4, 1, 4, 1767225603000000, 30000, 200, 300, NULL);
INSERT INTO operations VALUES (5, 1, 5, 1767225604000000, 30000, 200, 300, NULL);
INSERT INTO operations VALUES (6, 1, 6, 1767225605000000, 30000, 200, 300, NULL);
INSERT INTO operations VALUES (7, 1, 7, 1767225606000000, 30000, 200, 300, NULL);
INSERT INTO operations VALUES (8, 1, 8, 1767225607000000, 30000, 200, 300, NULL);
INSERT INTO operations VALUES (9, 1, 9, 1767225608000000, 30000, 200, 300, NULL);
INSERT INTO operations VALUES (10, 1, 10, 1767225609000000, 30000, 200, 300, NULL);
INSERT INTO operations VALUES (11, 1, 11, 1767225610000000, 30000, 200, 300, NULL);
INSERT INTO operations VALUES (12, 1, 12, 1767225611000000, 30000, 200, 300, NULL);
INSERT INTO operations VALUES (13, 1, 13, 1767225612000000, 30000, 200, 300, NULL);
INSERT INTO operations VALUES (14, 1, 14, 1767225613000000, 30000, 200, 300, NULL);
INSERT INTO operations VALUES (15, 1, 15, 1767225614000000, 30000, 200, 300, NULL);
INSERT INTO operations VALUES (16, 2, 1, 1767225600000000, 30000, 200, 300, NULL);
INSERT INTO clients VALUES ('quiz', 'cursor', 1767225600000000, 1767225615000000);
