import { isObject, textAt, type JsonObject } from '../observe/json-object.ts';
import type { Operation, Outcome } from './operation.ts';
import type { Session } from './session.ts';
import { isOffered } from './tool-lists.ts';

/** Method not found, and invalid params: what the SDKs answer a call of a tool that they do not know. */
const CODES: ReadonlySet<number> = new Set([-32_601, -32_602]);
const MAX_SAYING_CHARS = 512;
/** How the message of such an answer begins, in lower case and without quotation marks: the SDKs' words, and a few more. */
const BEGINNINGS = [
  'could not find tool',
  'no such tool',
  'no tool named',
  'tool does not exist',
  'tool is not found',
  'tool not found',
  'unknown tool',
  'unrecognized tool',
];
/** The words that follow `tool NAME` or `tool with name NAME`. */
const ENDINGS = ['does not exist', 'is not found', 'is not known', 'is unknown', 'not found', 'was not found'];
const FRAME = /^(?:mcp error -?\d+:\s*|error:\s*|requested |the )+/;

/**
 * A tool call that named a tool the server does not know. An answer says so, or shows that the tool is known, whatever
 * a list says: servers have hidden tools, and other lists for other users. Where no answer came, the list that was
 * offered in the same session tells.
 */
export function isUnknownTool(
  { target }: Operation,
  outcome: Outcome,
  result: JsonObject | undefined,
  session: Session | undefined,
): boolean {
  if (target?.kind !== 'tool') return false;
  switch (outcome.kind) {
    case 'ok':
      return false;
    case 'tool-error':
      return saysUnknown(firstText(result), target.name);
    case 'rpc-error':
      return outcome.code !== undefined && CODES.has(outcome.code) && saysUnknown(outcome.message, target.name);
    case 'refused':
    case 'failed':
    case 'cancelled':
    case 'lost':
      return isOffered(session?.offeredTools, target.name) === false;
  }
}

function saysUnknown(message: string, name: string): boolean {
  const saying = plain(message).replace(FRAME, '');
  if (BEGINNINGS.some((words) => saying.startsWith(words))) return true;
  const named = plain(name);
  return ['tool', 'tool:', 'tool with name', 'tool named'].some((words) => {
    const subject = `${words} ${named} `;
    return saying.startsWith(subject) && ENDINGS.some((ending) => saying.startsWith(ending, subject.length));
  });
}

const plain = (text: string): string =>
  text
    .slice(0, MAX_SAYING_CHARS)
    .toLowerCase()
    .replace(/["'`‘’“”]/g, '')
    .replace(/\s+/g, ' ')
    .trim();

/** What a result with `isError` says. */
function firstText(result: JsonObject | undefined): string {
  const content: unknown = result?.['content'];
  const [first] = Array.isArray(content) ? content : [];
  return isObject(first) ? (textAt(first, 'text') ?? '') : '';
}
