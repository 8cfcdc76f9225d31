import { hash, randomFillSync } from 'node:crypto';

export interface RootIds {
  /** 32 lower-case hex digits. */
  traceId: string;
  /** The root span's id, 16 lower-case hex digits. */
  spanId: string;
}

/**
 * The ids of a session's trace. They are derived, so that all replicas hang their spans on the same root without shared
 * state: SHA-256 over `mcpspan/1`, the server's name, the key and the salt, with NUL between them. Segment 0 of a
 * session named by `Mcp-Session-Id` has no salt.
 */
export function deriveRootIds(server: string, key: string, ...salt: readonly (string | number)[]): RootIds {
  const digest = hash('sha256', ['mcpspan/1', server, key, ...salt].join('\0'), 'hex');
  return { traceId: digest.slice(0, 32), spanId: digest.slice(32, 48) };
}

const POOL_BYTES = 4_096;
const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;

function randomHex(bytes: number): string {
  if (used + bytes > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}

/** A random span id: 16 hex digits, not all zero. */
export function randomSpanId(): string {
  const id = randomHex(8);
  return id === '0000000000000000' ? randomSpanId() : id;
}

/** A random trace id: 32 hex digits, not all zero. */
export function randomTraceId(): string {
  const id = randomHex(16);
  return id === '00000000000000000000000000000000' ? randomTraceId() : id;
}
