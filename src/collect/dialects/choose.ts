import type { ReceivedSpan } from '../received-span.ts';
import { SEMCONV, type Dialect } from './dialect.ts';
import { GATEWAYS } from './gateways.ts';
import { INSTRUMENTATIONS } from './instrumentations.ts';
import { MCPSPAN } from './mcpspan.ts';
import { holds } from './read-attribute.ts';
import { SDKS } from './sdks.ts';

/** A longer name of a span is looked at no further. */
const MAX_NAME_CHARS = 256;
/** Earlier ones win. */
const DIALECTS: readonly Dialect[] = [...SDKS, ...GATEWAYS, ...INSTRUMENTATIONS, MCPSPAN];
const EXACT = Map.groupBy(
  DIALECTS.flatMap((dialect) => dialect.scopes.map((scope) => ({ scope, dialect }))),
  ({ scope }) => scope,
);
const BEGINNINGS = [...EXACT.keys()].filter((scope) => scope.endsWith('*')).map((scope) => scope.slice(0, -1));

/** The dialect that a span speaks, and what its name tells. Undefined: it is no span of MCP. */
export interface Spoken {
  readonly dialect: Dialect;
  readonly named: Readonly<Record<string, string>>;
}

export function spokenBy(span: ReceivedSpan): Spoken | undefined {
  const { name } = span.scope;
  const beginning = BEGINNINGS.find((start) => name.startsWith(start));
  const spoken = EXACT.get(beginning === undefined ? name : `${beginning}*`) ?? [];
  for (const { dialect } of spoken) {
    const named = dialect.name?.exec(span.name.slice(0, MAX_NAME_CHARS));
    if (named === null || dialect.when?.every((condition) => holds(span.attributes, condition)) === false) continue;
    return { dialect, named: named?.groups ?? {} };
  }
  const isElse = spoken.every(({ dialect }) => dialect.sharesScopes === true);
  return isElse && SEMCONV.when.every((condition) => holds(span.attributes, condition)) ? CONVENTIONAL : undefined;
}

const CONVENTIONAL: Spoken = { dialect: SEMCONV, named: {} };
