/** Whose message breaks a rule. */
export type LintSide = 'client' | 'server';

interface RuleDefinition {
  readonly by: LintSide;
  /** What the revision demands, or only recommends. */
  readonly level: 'must' | 'should';
}

const client = (level: RuleDefinition['level']): RuleDefinition => ({ by: 'client', level });
const server = (level: RuleDefinition['level']): RuleDefinition => ({ by: 'server', level });

/** The rules of MCP 2026-07-28 that a copy of the traffic can show to be broken. Their words: `reading/lint-words.ts`. */
export const LINT_RULES = {
  'version-header': client('must'),
  'method-header': client('must'),
  'name-header': client('must'),
  'meta-version': client('must'),
  'meta-capabilities': client('must'),
  'meta-client-info': client('should'),
  'removed-method': client('must'),
  batch: client('must'),
  'result-type': server('must'),
  'ttl-ms': server('must'),
  'cache-scope': server('must'),
  'server-info': server('should'),
  'input-required': server('must'),
  'server-request': server('must'),
  'session-id': server('must'),
  'error-status': server('must'),
  'legacy-code': server('must'),
  'no-discover': server('must'),
} as const satisfies Readonly<Record<string, RuleDefinition>>;

export type LintRule = keyof typeof LINT_RULES;

export const isLintRule = (text: string): text is LintRule => Object.hasOwn(LINT_RULES, text);

/** A rule that a message breaks. @property seen a word of ours, an HTTP status or a code: never what a peer wrote */
export interface Broken {
  readonly rule: LintRule;
  readonly seen: 'nothing' | 'another value' | 'present' | 'not allowed here' | `HTTP ${number}` | `code ${number}`;
}
