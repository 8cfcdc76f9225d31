// Longer than 300 lines: each released step of the schema stays as it is.

/** Marks a database as ours (`mcps`), so that we never write to the database of another program. */
export const APPLICATION_ID = 0x6d_63_70_73;

/**
 * Step n makes version n + 1 from version n; a new database goes through all steps. Times are microseconds since the
 * epoch. In a key `''` stands for no value, since NULL never equals NULL. A released step is never changed.
 *
 * `kinds` holds once what many operations have in common, and `details` what is rare: so a row takes 45 bytes, with its
 * index. Operations are written as they end. Once a minute `marks` records which operation came next; an index by time
 * would add 19 bytes and half a microsecond to each operation.
 */
export const MIGRATIONS: readonly string[] = [
  `
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
  `,
  `
  CREATE TABLE tools (
    server TEXT NOT NULL,
    tool TEXT NOT NULL,
    hash TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    first_us INTEGER NOT NULL,
    last_us INTEGER NOT NULL,
    PRIMARY KEY (server, tool, hash)
  ) STRICT, WITHOUT ROWID;
  `,
  `
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
  `,
  /*
   * `error` meant a failure of who received an operation, or a tool call that did not end well; `rejected` meant turned
   * away. What an old row was is told by its outcome and its code. The totals of sessions are corrected by the
   * operations that are still there.
   */
  `
  CREATE TABLE new_kinds (
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
  INSERT INTO new_kinds
    SELECT id, server, client, method, target, direction, form, era, source, outcome, code, handshake, discovery,
      error AND NOT at_fault AND rejected = 0, at_fault AND rejected = 0, counts, attempt, rejected, unknown
    FROM (
      SELECT *,
        direction = 'to-server' AND handshake <> 'probe' AND (
          outcome = 'refused'
          OR (outcome = 'rpc-error' AND code IN ('-32700', '-32600', '-32601', '-32602', '-32002'))
          OR (outcome = 'tool-error' AND unknown = 1)
        ) AS at_fault
      FROM kinds
    );

  ALTER TABLE sessions RENAME COLUMN errors TO failed;
  ALTER TABLE sessions ADD COLUMN rejected INTEGER NOT NULL DEFAULT 0;
  UPDATE sessions SET
    failed = max(0, sessions.failed - changed.not_failed),
    rejected = changed.rejected,
    tool_calls = max(0, tool_calls - changed.rounds)
  FROM (
    SELECT operations.session AS session,
      sum(kinds.error > new_kinds.failed) AS not_failed,
      sum(new_kinds.rejected) AS rejected,
      sum(kinds.counts AND kinds.attempt <> 'first') AS rounds
    FROM operations
    JOIN kinds ON kinds.id = operations.kind
    JOIN new_kinds ON new_kinds.id = operations.kind
    WHERE kinds.error > new_kinds.failed OR new_kinds.rejected OR (kinds.counts AND kinds.attempt <> 'first')
    GROUP BY operations.session
  ) AS changed
  WHERE sessions.id = changed.session;

  DROP TABLE kinds;
  ALTER TABLE new_kinds RENAME TO kinds;
  `,
  // Few calls repeat others, so the index is small.
  `
  ALTER TABLE details ADD COLUMN repeats INTEGER;
  ALTER TABLE details ADD COLUMN unsuccessful INTEGER;
  CREATE INDEX details_repeated ON details (operation) WHERE repeats IS NOT NULL;
  `,
  // `day` is its first microsecond. `registers` are those of `session/sketch.ts`; `keys` never leave this file.
  `
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
  INSERT INTO keys (name, value) VALUES ('people', randomblob(32));
  `,
  // A contract is what a definition means, however it is written: several rows of `tools` may have one.
  `
  ALTER TABLE tools ADD COLUMN contract TEXT NOT NULL DEFAULT '';

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
  `,
  `
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
  `,
  // A process may have several servers.
  `
  ALTER TABLE processes RENAME TO old_processes;
  CREATE TABLE processes (
    instance TEXT NOT NULL,
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
    figures TEXT NOT NULL,
    PRIMARY KEY (instance, server)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO processes SELECT * FROM old_processes;
  DROP TABLE old_processes;
  `,
];

export const SCHEMA_VERSION = MIGRATIONS.length;
