import { beforeAll, describe, expect, it } from 'vitest';
import { CLIENTS } from './fleet-clients.ts';
import { runFleet, type FleetFigures } from './fleet-run.ts';
import { toolOf } from './fleet-server.ts';

// One mcpspan before a hundred servers. docs/scale-out.md has the figures of 10 000 sessions, an hour of a busy fleet in two minutes.

const SERVERS = 100;
const TOOLS = 20;
const SESSIONS = Number(process.env['MCPSPAN_TEST_FLEET_SESSIONS'] ?? '2400');
const CALLS = 5;
/** Root, handshake of two messages, list. */
const SPANS_ASIDE = 4;

let fleet: FleetFigures;

beforeAll(async () => {
  fleet = await runFleet({ servers: SERVERS, tools: TOOLS, sessions: SESSIONS, callsInSession: CALLS });
  const { exported, ...figures } = fleet;
  const { points: _, ...sizes } = exported;
  process.stderr.write(`fleet of ${SERVERS} servers: ${JSON.stringify({ ...figures, exported: sizes })}\n`);
}, 10 * 60_000);

it('every request is answered, and nothing of it is lost to telemetry or record', () => {
  expect(fleet.played).toMatchObject({ toolCalls: SESSIONS * CALLS, failed: 0 });
  expect(fleet.self).toMatchObject({
    copiesDropped: 0,
    labelsFolded: 0,
    spansLost: 0,
    logsLost: 0,
    operationsNotStored: 0,
    observerRestarts: 0,
    exportFailures: 0,
  });
  const summaries = SESSIONS - fleet.played.leftOpen;
  expect(fleet.spans).toBe(SESSIONS * (SPANS_ASIDE + CALLS) + summaries);
});

describe('the metrics', () => {
  const sum = (name: string): number =>
    (fleet.exported.points.get(name) ?? []).reduce((total, point) => total + ('value' in point ? point.value : 0), 0);

  it('count every call and every session', () => {
    expect(sum('mcpspan.tool_calls')).toBe(SESSIONS * CALLS);
    expect(sum('mcpspan.handshakes')).toBe(SESSIONS);
    expect(sum('mcpspan.sessions.used')).toBe(SESSIONS);
    expect(sum('mcpspan.sessions.open')).toBe(fleet.played.leftOpen);
  });

  it('name every tool of every server, and every client', () => {
    const points = fleet.exported.points.get('mcp.server.operation.duration') ?? [];
    const tools = new Set(points.map(({ attributes }) => attributes['gen_ai.tool.name']));
    tools.delete(undefined);
    const rounds = Math.ceil(SESSIONS / SERVERS / CLIENTS.length);
    const met = Math.min(TOOLS, rounds * CALLS);
    const names = Array.from({ length: SERVERS }, (_, server) =>
      Array.from({ length: met }, (__, tool) => toolOf(server, tool)),
    );
    expect(tools).toEqual(new Set(names.flat()));
    expect(new Set(points.map(({ attributes }) => attributes['mcpspan.client'])).size).toBe(CLIENTS.length);
  });
});

describe('within their bounds stay', () => {
  it('the memory of the process, and the heap of the observer', () => {
    // 500 and 150 MB were measured for 10 000 sessions.
    expect(fleet.residentMb.most).toBeLessThan(700);
    expect(fleet.heapMb.most).toBeGreaterThan(0);
    expect(fleet.heapMb.most).toBeLessThan(300);
  });

  it('the record: 200 bytes for an operation, beside the tools and what waits to be merged', () => {
    expect(fleet.storeMb * 1_048_576).toBeLessThan(12 * 1_048_576 + 200 * SESSIONS * (SPANS_ASIDE + CALLS));
  });

  it('the answers to the page: processor time, and size', () => {
    for (const [question, { cpuMs, bytes }] of Object.entries(fleet.page)) {
      expect(cpuMs, question).toBeLessThan(3_000);
      expect(bytes, question).toBeLessThan(4_000_000);
    }
  });
});
