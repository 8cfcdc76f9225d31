import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CLIENT_CAPABILITIES_META_KEY, inputRequired, type McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { described, text } from './full-server-content.ts';

export const TASKS = 'io.modelcontextprotocol/tasks';

const TTL_MS = 60_000;
const POLL_MS = 50;
/** Long enough for a client to see the task before it is over. */
const JOB_MS = 100;

interface Task {
  taskId: string;
  status: 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';
  createdAt: string;
  lastUpdatedAt: string;
  ttlMs: number;
  pollIntervalMs: number;
  result?: object;
  error?: { code: number; message: string };
  inputRequests?: Record<string, object>;
}

interface Hands {
  readonly signal: AbortSignal;
  /** Resolves when a client has answered all of them. */
  ask(questions: Record<string, object>): Promise<void>;
}

type Arguments = Record<string, unknown>;

const Seconds = z.object({ seconds: z.number() });
const question = (message: string): object => ({
  method: 'elicitation/create',
  params: { mode: 'form', message, requestedSchema: { type: 'object', properties: { confirm: { type: 'boolean' } } } },
});

/** What each tool that may become a task does. */
const JOBS: Record<string, (given: Arguments, hands: Hands) => Promise<object>> = {
  slow_compute: async (given, { signal }) => {
    const { seconds } = Seconds.parse(given);
    await delay(seconds * 1_000, undefined, { signal });
    return text(`computed for ${seconds} s`);
  },
  failing_job: async (_, { signal }) => {
    await delay(JOB_MS, undefined, { signal });
    return { ...text('it did not work'), isError: true };
  },
  protocol_error_job: async (_, { signal }) => {
    await delay(JOB_MS, undefined, { signal });
    throw new Error('the job crashed');
  },
  confirm_delete: async (_, { ask }) => {
    await ask({ confirmation: question('Delete it?') });
    return text('deleted');
  },
  multi_input: async (_, { ask }) => {
    await ask({ first: question('The first?'), second: question('The second?') });
    return text('both answered');
  },
};
/** Does nothing for a client that can't follow a task. */
const NEEDS_TASK = 'failing_job';
/** Asks for a name as any call may, and becomes a task with the answer. */
const ASKS_FIRST = 'test_tool_with_task';

const Call = z.object({
  id: z.union([z.string(), z.number()]),
  method: z.string(),
  params: z.object({
    name: z.string().optional(),
    arguments: z.record(z.string(), z.unknown()).default({}),
    taskId: z.string().default(''),
    inputResponses: z.record(z.string(), z.unknown()).default({}),
    _meta: z.object({
      [CLIENT_CAPABILITIES_META_KEY]: z.object({ extensions: z.record(z.string(), z.unknown()).default({}) }),
    }),
  }),
});
const Accepted = z.object({ user_name: z.object({ content: z.object({ name: z.string() }) }) });

export interface Tasks extends Disposable {
  /** The HTTP answer to a request of 2026-07-28 that concerns a task; nothing where it does not. */
  answer(request: unknown, nameHeader: string | undefined): { status: number; body: object } | undefined;
}

/** The tasks extension of 2026-07-28, which the official SDK lacks: it is to be asked before the SDK is. */
export function createTasks(): Tasks {
  const tasks = new Map<string, { task: Task; cancel: AbortController; answered: (keys: readonly string[]) => void }>();

  function start(job: (hands: Hands) => Promise<object>): object {
    const now = new Date().toISOString();
    const head = { taskId: randomUUID(), createdAt: now, lastUpdatedAt: now, ttlMs: TTL_MS, pollIntervalMs: POLL_MS };
    const task: Task = { ...head, status: 'working' };
    const change = (to: Partial<Task>): void => {
      if (task.status === 'working' || task.status === 'input_required') {
        Object.assign(task, to, { lastUpdatedAt: new Date().toISOString() });
      }
    };
    const cancel = new AbortController();
    let done = Promise.withResolvers<void>();
    cancel.signal.addEventListener('abort', () => {
      change({ status: 'cancelled' });
      delete task.inputRequests;
      done.reject(cancel.signal.reason);
    });
    const answered = (keys: readonly string[]): void => {
      for (const key of keys) delete task.inputRequests?.[key];
      if (Object.keys(task.inputRequests ?? {}).length > 0) return;
      delete task.inputRequests;
      change({ status: 'working' });
      done.resolve();
    };
    const ask = (inputRequests: Record<string, object>): Promise<void> => {
      done = Promise.withResolvers();
      change({ status: 'input_required', inputRequests: { ...inputRequests } });
      return done.promise;
    };
    // A promise that nobody waits for yet must not end the process.
    done.promise.catch(() => undefined);
    tasks.set(task.taskId, { task, cancel, answered });
    const created = { ...task };
    void job({ signal: cancel.signal, ask }).then(
      (result) => change({ status: 'completed', result }),
      (error: unknown) => change({ status: 'failed', error: { code: -32_603, message: String(error) } }),
    );
    return { resultType: 'task', ...created };
  }

  return {
    answer(request, nameHeader) {
      const parsed = Call.safeParse(request);
      if (!parsed.success) return undefined;
      const { id, method, params } = parsed.data;
      const { name = '', taskId } = params;
      const job = JOBS[name];
      const declared = TASKS in params._meta[CLIENT_CAPABILITIES_META_KEY].extensions;
      const result = (value: object) => ({ status: 200, body: { jsonrpc: '2.0', id, result: value } });
      const error = (status: number, code: number, message: string, data?: object) => ({
        status,
        body: { jsonrpc: '2.0', id, error: { code, message, data } },
      });
      const concerns = ['tasks/get', 'tasks/update', 'tasks/cancel'].includes(method);
      if (!concerns && method !== 'tools/call') return undefined;
      if (!declared) {
        if (!concerns && name !== NEEDS_TASK) return undefined;
        const requiredCapabilities = { extensions: { [TASKS]: {} } };
        return error(400, -32_021, `the client must declare ${TASKS}`, { requiredCapabilities });
      }
      if (!concerns) {
        if (job !== undefined) return result(start((hands) => job(params.arguments, hands)));
        const accepted = Accepted.safeParse(params.inputResponses);
        if (name !== ASKS_FIRST || !accepted.success) return undefined;
        return result(start(() => Promise.resolve(text(`Hello, ${accepted.data.user_name.content.name}!`))));
      }
      if (nameHeader !== taskId) return error(400, -32_020, 'Mcp-Name is not the taskId of the body');
      const known = tasks.get(taskId);
      if (known === undefined) return error(200, -32_602, `no task has the id ${taskId}`);
      if (method === 'tasks/get') return result({ resultType: 'complete', ...known.task });
      if (method === 'tasks/update') known.answered(Object.keys(params.inputResponses));
      else known.cancel.abort();
      return result({ resultType: 'complete' });
    },
    [Symbol.dispose]() {
      for (const { cancel } of tasks.values()) cancel.abort();
    },
  };
}

/** The same tools for a client that follows no tasks: it waits for them. */
export function addTaskTools(server: McpServer): void {
  const greeting = { ...described('greet'), inputSchema: z.object({ name: z.string() }) };
  server.registerTool('greet', greeting, ({ name }) => text(`Hello, ${name}!`));
  for (const name of Object.keys(JOBS)) {
    const inputSchema = name === 'slow_compute' ? Seconds : z.object({});
    server.registerTool(name, { ...described(name), inputSchema }, ({ seconds = 0 }: { seconds?: number }) =>
      text(`computed for ${seconds} s`),
    );
  }
  server.registerTool(ASKS_FIRST, { ...described(ASKS_FIRST), inputSchema: z.object({}) }, () => {
    const requestedSchema = z.object({ name: z.string() });
    const user_name = inputRequired.elicit({ message: 'What is your name?', requestedSchema });
    return inputRequired({ inputRequests: { user_name } });
  });
}
