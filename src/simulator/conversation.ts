import { minimalArguments } from './arguments.ts';
import type { Catalogue } from './catalogue.ts';
import type { SimulatedClient } from './client.ts';
import { realClock, type Clock } from './clock.ts';
import { fill } from './request-style.ts';
import { isObject, textOf, type JsonObject } from './json.ts';
import type { Profile, Step } from './profile.ts';
import { quizTools, type QuizTool } from './quiz.ts';
import type { Random } from './random.ts';

export interface ConversationOptions {
  readonly profile: Profile;
  readonly client: SimulatedClient;
  readonly random: Random;
  readonly speed: number;
  readonly signal: AbortSignal;
  /** The tools that may be called on a real server. Undefined for the simulated server, whose tools are known. */
  readonly catalogue: Catalogue | undefined;
  /** The tools of the simulated server, if they are not the usual ones. */
  readonly tools?: readonly Pick<QuizTool, 'name' | 'inputSchema'>[];
  readonly clock?: Clock;
  readonly onSkip: (why: string) => void;
}

/** Steps after the start come later by up to this many seconds of the timeline. */
const MAX_JITTER_SECONDS = 0.8;

/**
 * Plays one conversation. Each step is taken at its time, or as soon as the step before it was answered, if that is
 * later. Stops at the first step after the signal. The client always leaves at the end.
 */
export async function converse(options: ConversationOptions): Promise<void> {
  const { profile, client, random, speed, signal, clock = realClock } = options;
  const startedAt = clock.now();
  const listed: JsonObject[] = [];
  let due = { at: 0, jitter: 0 };
  try {
    for (const step of profile.steps) {
      if (step.at !== due.at) due = { at: step.at, jitter: random.between(0, MAX_JITTER_SECONDS) };
      const offset = ((due.at + due.jitter) * 1_000) / speed;
      await clock.rest(startedAt + offset - clock.now(), signal);
      if (signal.aborted) break;
      await takeStep(step, listed, options);
    }
  } finally {
    await client.leave({ deleteSession: profile.deletesSession });
  }
}

async function takeStep(step: Step, listed: JsonObject[], options: ConversationOptions): Promise<void> {
  const { client, onSkip } = options;
  switch (step.does) {
    case 'open':
      await client.open(step.session, step.as);
      return;
    case 'close':
      await client.leave({ deleteSession: options.profile.deletesSession });
      return;
    case 'turn':
      return client.turn();
    case 'knock':
      return client.knock(step.path);
    case 'sign':
      return client.sign(step.what, step.resource);
    default:
      return client.state() === 'refused' ? onSkip('the handshake failed') : sendRequest(step, listed, options);
  }
}

type RequestStep = Extract<Step, { does: 'discover' | 'ping' | 'list' | 'read' | 'call' | 'scan' }>;

async function sendRequest(step: RequestStep, listed: JsonObject[], options: ConversationOptions): Promise<void> {
  const { client, random, catalogue, tools = quizTools, onSkip } = options;
  switch (step.does) {
    case 'ping':
      await client.request('ping');
      return;
    case 'discover':
      await client.request('server/discover');
      return;
    case 'list': {
      const result = await client.request(`${step.what}/list`);
      if (step.what === 'resources') listed.push(...entries(result?.['resources']));
      return;
    }
    case 'read': {
      const uri = textOf(random.pick(listed)?.['uri']);
      if (uri === undefined) return onSkip('no resource was listed');
      await client.request('resources/read', { uri });
      return;
    }
    case 'call': {
      if (catalogue?.kind === 'none') return onSkip(catalogue.why);
      const tool = catalogue ? random.pick(catalogue.tools) : tools.find(({ name }) => name === step.tool);
      const given = minimalArguments(tool?.inputSchema, random);
      await client.request('tools/call', { name: tool?.name ?? step.tool, arguments: given });
      return;
    }
    case 'scan': {
      if (catalogue !== undefined) return onSkip('a real server is not scanned');
      const drawn = random.hex(8);
      const noise = (): string => drawn;
      const name = step.tool === undefined ? {} : { name: fill(step.tool, { noise }), arguments: {} };
      await client.request(fill(step.method, { noise }), name);
    }
  }
}

function entries(list: unknown): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}
