import type { ServerRequest, AppMemory, QuizTool, ToolAnswer } from '../../simulator/quiz.ts';
import { quizTools } from '../../simulator/quiz.ts';
import type { Offer } from '../../simulator/answers.ts';
import type { JsonObject } from '../../simulator/json.ts';
import type { Random } from '../../simulator/random.ts';

/* The app for learning languages with more tools: a report of progress, essays that take long to grade, a question to the user. */

interface Given {
  readonly questionId: string;
  readonly answer: string;
  readonly right: boolean;
}

const maxGiven = 12;
/** The answers given. The app keeps them per MCP session, which is its mistake. */
const given = new WeakMap<AppMemory, Given[]>();

const submit = (tool: QuizTool): QuizTool => ({
  ...tool,
  run(args, memory, random) {
    const answer = tool.run(args, memory, random);
    const all = given.get(memory) ?? [];
    all.push({
      questionId: String(args['questionId']),
      answer: String(args['answer']),
      right: answer.structured?.['right'] === true,
    });
    given.set(memory, all.slice(-maxGiven));
    return answer;
  },
});

const advice = [
  'Practise articles with nouns of the house.',
  'Read a short text aloud, twice a day.',
  'Learn each verb with an example of where it stands.',
];

const report: QuizTool = {
  name: 'get_learning_report',
  description: 'What the learner has answered so far, and what to practise next.',
  inputSchema: { type: 'object', properties: {} },
  readOnly: true,
  ms: [16, 34],
  run(_args, memory): ToolAnswer {
    const answers = given.get(memory);
    // The caller sees no error: as far as this session knows, no answers were given.
    if (answers === undefined) return { text: '', structured: { answers: [] } };
    const right = answers.filter((one) => one.right).length;
    const lines = answers.map(({ questionId, answer, right: yes }) =>
      yes ? `${questionId}: ${answer}. Right.` : `${questionId}: ${answer}. Not quite: look at the article again.`,
    );
    return {
      text: [`${right} of ${answers.length} answers were right.`, ...lines, ...advice].join('\n'),
      structured: { right, of: answers.length, answers, next: advice },
    };
  },
};

const essayText = { type: 'string', examples: ['Gestern bin ich mit dem Fahrrad gefahren.', "J'ai rangé ma chambre."] };

const grade = (properties: JsonObject, required: readonly string[], description: string): QuizTool => ({
  name: 'grade_essay',
  description,
  inputSchema: { type: 'object', properties: { text: essayText, ...properties }, required: ['text', ...required] },
  readOnly: true,
  ms: [700, 1_900],
  progress: 4,
  run(_args, _memory, random: Random): ToolAnswer {
    const mistakes = Math.floor(random.between(0, 6));
    return {
      text: mistakes === 0 ? 'No mistakes: well done.' : `${mistakes} mistakes, most of them in word order.`,
      structured: { mistakes, level: random.pick(['a2', 'b1', 'b2']), comments: 'Mind the verb at the end.' },
    };
  },
});

const level: ServerRequest = {
  capability: 'elicitation',
  method: 'elicitation/create',
  params: {
    message: 'Which level shall the lesson have?',
    requestedSchema: { type: 'object', properties: { level: { type: 'string', enum: ['a1', 'a2', 'b1'] } } },
  },
};

const lesson: QuizTool = {
  name: 'start_lesson',
  description: 'Begins a lesson; asks for its level, where the client can ask its user.',
  inputSchema: { type: 'object', properties: { topic: { type: 'string', examples: ['travelling', 'at home'] } } },
  readOnly: false,
  ms: [60, 140],
  asks: level,
  run: (_args, _memory, random) => ({
    text: 'The lesson has begun.',
    structured: { lessonId: `lesson-${random.hex(8)}`, questions: 8 },
  }),
};

/** A tool that nobody calls. */
const exporting = (readOnly: boolean, description: string): QuizTool => ({
  name: 'export_flashcards',
  description,
  inputSchema: { type: 'object', properties: { format: { type: 'string', enum: ['anki', 'csv'] } } },
  readOnly,
  ms: [40, 90],
  run: () => ({ text: 'No words yet.' }),
});

const deck = 'Words of the lessons so far as a deck of flash cards, in the format of the usual programs.';

const known = quizTools.map((tool) => (tool.name === 'submit_answer' ? submit(tool) : tool));

/**
 * The app before the release. Since then, `grade_essay` needs an argument more, which a client that works from an old list
 * does not send, and `export_flashcards` is no longer read-only.
 */
export const earlierApp: Offer = {
  version: '1.4.0',
  tools: [...known, report, grade({}, [], 'Grades a short essay.'), lesson, exporting(true, deck)],
};

const strictness = { type: 'string', enum: ['kind', 'fair', 'strict'] };
const focus = { type: 'array', items: { type: 'string', enum: ['grammar', 'spelling', 'style'] } };

export const grownApp: Offer = {
  version: '1.5.0',
  refusesArguments: true,
  tools: [
    ...known,
    report,
    grade(
      { strictness, focus },
      ['strictness'],
      'Grades an essay of up to 400 words: mistakes, level, and what to mind next time.',
    ),
    lesson,
    exporting(false, `${deck} Keeps a copy in the account of the learner.`),
  ],
};
