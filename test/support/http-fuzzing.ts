import type { CodecOptions } from './codec.ts';
import { ACCEPTED_ANSWERS, REFUSED_ANSWERS } from './answer-cases.ts';
import { compareWithLlhttp, Difference } from './http-differential.ts';
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

/** Holds mutants of the named cases against llhttp. The same seed gives the same mutants. */
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
  for (let index = 0; index < cases && counts.differences.length < MAX_DIFFERENCES; index++)
    fuzzOne(seed + index, counts);
  return counts;
}

/** One case, whose seed is all that it depends on. */
function fuzzOne(seed: number, counts: FuzzCounts): void {
  const random = new SeededRandom(seed);
  const options = pickOptions(random);
  const corpus = CORPORA[options.kind];
  const text = mutate(random.pick(corpus), corpus, random);
  counts.cases++;
  try {
    const { messages, refusal, refusedByBoth } = compareWithLlhttp(Buffer.from(text, 'latin1'), options, random);
    counts.messages += messages.length;
    if (refusal === undefined) {
      if (messages.at(-1)?.end === -1 || messages.length === 0) counts.incomplete++;
      else counts.accepted++;
      return;
    }
    counts.refused++;
    if (refusedByBoth) return;
    const reason = refusal.replace(/'[^]*'/, '…');
    counts.stricter.set(reason, (counts.stricter.get(reason) ?? 0) + 1);
  } catch (error) {
    if (!(error instanceof Difference)) throw error;
    counts.differences.push(`seed ${seed}: ${error.message}\n${JSON.stringify(options)}\n${JSON.stringify(text)}`);
  }
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
