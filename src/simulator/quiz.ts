import type { JsonObject } from './json.ts';
import type { Random } from './random.ts';

/**
 * What the app remembers per MCP session. That is its mistake, and clients with a session per call bring it to light.
 */
export interface AppMemory {
  latest: { questionId: string; answer: string } | undefined;
}

export interface ToolAnswer {
  readonly text: string;
  readonly structured?: JsonObject;
  readonly isError?: true;
}

/** A request that a tool sends to its caller before it answers, if the client has the capability. */
export interface ServerRequest {
  readonly capability: 'elicitation' | 'sampling';
  readonly method: string;
  readonly params: JsonObject;
}

export interface QuizTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
  readonly readOnly: boolean;
  /** The time it takes, in milliseconds: from, to. */
  readonly ms: readonly [number, number];
  /** The number of steps in which it reports its progress. */
  readonly progress?: number;
  readonly asks?: ServerRequest;
  run(given: JsonObject, memory: AppMemory, random: Random): ToolAnswer;
}

const languages = ['de', 'fr', 'it', 'nl', 'es'];
const levels = ['a1', 'a2', 'b1'];

const about = {
  language: { type: 'string', enum: languages },
  level: { type: 'string', enum: levels },
};

function created(kind: string, given: JsonObject, random: Random): ToolAnswer {
  const questionId = `${kind}-${random.hex(8)}`;
  return {
    text: `A ${kind} question in ${String(given['language'])} for level ${String(given['level'])}.`,
    structured: { questionId, kind, language: given['language'], level: given['level'] },
  };
}

/** A small app for learning languages. Its latencies are those of the two conversations on mcpr's dashboard. */
export const quizTools: readonly QuizTool[] = [
  {
    name: 'create_cloze_question',
    description: 'Writes a sentence with a gap to fill in.',
    inputSchema: { type: 'object', properties: about, required: ['language', 'level'] },
    readOnly: false,
    ms: [24, 40],
    run: (given, _memory, random) => created('cloze', given, random),
  },
  {
    name: 'create_matching_question',
    description: 'Writes word pairs to match.',
    inputSchema: { type: 'object', properties: about, required: ['language', 'level'] },
    readOnly: false,
    ms: [8, 16],
    run: (given, _memory, random) => created('matching', given, random),
  },
  {
    name: 'submit_answer',
    description: "Records the learner's answer to a question.",
    inputSchema: {
      type: 'object',
      properties: {
        questionId: { type: 'string', examples: ['cloze-1', 'cloze-2', 'matching-1', 'matching-2'] },
        answer: { type: 'string', examples: ['der Apfel', 'la maison', 'het fietspad', 'il caffè', 'el año'] },
      },
      required: ['questionId', 'answer'],
    },
    readOnly: false,
    ms: [8, 16],
    run(given, memory, random) {
      memory.latest = { questionId: String(given['questionId']), answer: String(given['answer']) };
      const right = random.next() < 0.7;
      return { text: right ? 'Right.' : 'Not quite.', structured: { right } };
    },
  },
  {
    name: 'get_latest_answer',
    description: "The learner's latest answer.",
    inputSchema: { type: 'object', properties: {} },
    readOnly: true,
    ms: [4, 9],
    run(_given, memory) {
      if (memory.latest === undefined) return { text: 'No answer was submitted yet.', isError: true };
      return { text: memory.latest.answer, structured: memory.latest };
    },
  },
];

export const quizResources: readonly { uri: string; name: string; mimeType: string; text: string }[] = [
  { uri: 'quiz://words/a1', name: 'Words of level A1', mimeType: 'text/plain', text: 'Apfel\nHaus\nBrot' },
  { uri: 'quiz://words/b1', name: 'Words of level B1', mimeType: 'text/plain', text: 'Ausflug\nVertrag\nUmweg' },
  { uri: 'ui://widget/quiz.html', name: 'Quiz card', mimeType: 'text/html', text: '<main id="quiz"></main>' },
];
