import type { CodecOptions } from './codec.ts';
import { ACCEPTED_ANSWERS, REFUSED_ANSWERS } from './answer-cases.ts';
import { compareWithLlhttp, Difference, type Verdict } from './http-differential.ts';
import { generateAnswers, generateRequests } from './http-generator.ts';
import { mutate } from './http-mutations.ts';
import { ACCEPTED_REQUESTS, REFUSED_REQUESTS } from './request-cases.ts';
import { SeededRandom } from './seeded-random.ts';

/** What a run came to. */
export interface FuzzCounts {
  cases: number;
  /** All messages of a case were accepted, and complete. */
  accepted: number;
  refused: number;
  /** Where the last message was not complete. */
  incomplete: number;
  messages: number;
  /** By the reason why the codec refuses what llhttp accepts. */
  stricter: Map<string, number>;
  /** What must not be. */
  differences: string[];
}

const TRACE_PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const MAX_DIFFERENCES = 10;

const CORPORA: Record<'request' | 'answer', readonly [string, ...string[]]> = {
  request: textsOf([...Array.from({ length: 8 }, () => ACCEPTED_REQUESTS).flat(), ...REFUSED_REQUESTS]),
  answer: textsOf([...Array.from({ length: 8 }, () => ACCEPTED_ANSWERS).flat(), ...REFUSED_ANSWERS]),
};

/**
 * Holds mutants of the named cases, messages that keep to the rules, and mutants of those against llhttp. What keeps to
 * the rules must be accepted. Each case depends on its own seed alone: the first on `seed`, the next on the next number.
 */
export function fuzz(seed: number, cases: number): FuzzCounts {
  const counts: FuzzCounts = {
    cases: 0,
    accepted: 0,
    refused: 0,
    incomplete: 0,
    messages: 0,
    stricter: new Map(),
    differences: [],
  };
  for (let index = 0; index < cases && counts.differences.length < MAX_DIFFERENCES; index++) {
    const random = new SeededRandom(seed + index);
    const one = pickCase(random);
    counts.cases++;
    try {
      count(counts, compareWithLlhttp(Buffer.from(one.text, 'latin1'), one.options, random), one.mustPass);
    } catch (error) {
      if (!(error instanceof Difference)) throw error;
      const { text, options } = one;
      counts.differences.push(
        `seed ${seed + index}: ${error.message}\n${JSON.stringify(options)}\n${JSON.stringify(text)}`,
      );
    }
  }
  return counts;
}

function count(counts: FuzzCounts, { messages, refusal, refusedByBoth }: Verdict, mustPass: number): void {
  counts.messages += messages.length;
  const last = messages.at(-1);
  const complete = last !== undefined && last.end >= 0;
  if (mustPass > 0 && (refusal !== undefined || !complete || (messages.length < mustPass && !last.upgrades)))
    throw new Difference(`it keeps to the rules, and is not accepted: ${refusal ?? 'it does not end'}`);
  if (refusal === undefined) {
    if (complete) counts.accepted++;
    else counts.incomplete++;
    return;
  }
  counts.refused++;
  if (refusedByBoth) return;
  const reason = refusal.replace(/'[^]*'/, '…');
  counts.stricter.set(reason, (counts.stricter.get(reason) ?? 0) + 1);
}

/** `mustPass`: so many messages that keep to the rules; 0: nobody knows. */
function pickCase(random: SeededRandom): { text: string; options: CodecOptions; mustPass: number } {
  const options = pickOptions(random);
  const corpus = CORPORA[options.kind];
  if (random.once(2)) return { text: mutate(random.pick(corpus), corpus, random), options, mustPass: 0 };
  const { text, messages, methods } = options.kind === 'request' ? generateRequests(random) : generateAnswers(random);
  if (options.kind === 'answer') options.methods = methods;
  if (random.once(2)) return { text, options, mustPass: messages };
  return { text: mutate(text, [text, random.pick(corpus)], random), options, mustPass: 0 };
}

function pickOptions(random: SeededRandom): CodecOptions {
  if (random.once(3)) {
    return {
      kind: 'answer',
      methods: random.pick([['GET'], ['POST'], ['HEAD'], ['GET', 'HEAD', 'POST'], ['HEAD', 'POST']]),
      offersUpgrade: random.once(2),
      closes: random.once(4),
      unchunks: random.once(4),
    };
  }
  return {
    kind: 'request',
    ...(random.once(2) && { upstreamHost: 'upstream.example' }),
    ...(random.once(2) && { traceParent: TRACE_PARENT }),
  };
}

function textsOf(
  cases: readonly (readonly [name: string, bytes: string, ...rest: unknown[]])[],
): [string, ...string[]] {
  const [first = '', ...rest] = cases.map(([, text]) => text);
  return [first, ...rest];
}
