import { isObject, textAt, type JsonObject } from '../observe/json-object.ts';
import { sliceOfMember } from '../observe/skim.ts';
import { isToolCall, type Operation, type Outcome } from './operation.ts';

/** How a call that went on as a task has ended. */
export interface TaskEnd {
  operation: Operation;
  outcome: Outcome;
  at: number;
}

interface OpenTask {
  operation: Operation;
  /** When the call was answered with the task. */
  answeredAt: number;
  /** When the task was seen to be complete, its result not yet fetched; 0: it was not. */
  completedAt: number;
}

const MAX_TASKS = 1_000;
/** How long a complete task waits for its client to fetch the result. Clients fetch it at once. */
const RESULT_WAIT_MS = 5_000;

/**
 * Tool calls that go on as tasks (extension `io.modelcontextprotocol/tasks`, and the experiment of 2025-11-25). Such a
 * call ends when its task does: it lasts from the first request to the terminal answer, and fails as the task does.
 */
export class Tasks {
  readonly #open = new Map<string, OpenTask>();

  /** Keeps a call open if its answer says that it has become a task. Returns whether it did. */
  holds(operation: Operation, result: JsonObject, at: number): boolean {
    const taskId = taskIn(result);
    if (taskId === undefined || !isToolCall(operation) || this.#open.size >= MAX_TASKS) return false;
    this.#open.set(taskId, { operation, answeredAt: at, completedAt: 0 });
    return true;
  }

  /** A request about a task was answered: `tasks/get`, `tasks/result`, `tasks/cancel`. */
  answered({ taskId, method }: Operation, outcome: Outcome, text: Uint8Array, at: number): TaskEnd | undefined {
    const task = taskId === undefined ? undefined : this.#open.get(taskId);
    if (taskId === undefined || task === undefined) return undefined;
    if (method === 'tasks/result')
      return this.#end(taskId, isErrorIn(text, ['result', 'isError']) ? { kind: 'tool-error' } : outcome, at);
    return outcome.kind === 'ok' ? this.#statusOf(taskId, task, statusIn(text, 'result'), text, at) : undefined;
  }

  /** A server sent the state of a task, in `notifications/tasks/status` or `notifications/tasks`. */
  notified(params: JsonObject, text: Uint8Array, at: number): TaskEnd | undefined {
    const taskId = textAt(params, 'taskId');
    const task = taskId === undefined ? undefined : this.#open.get(taskId);
    if (taskId === undefined || task === undefined) return undefined;
    return this.#statusOf(taskId, task, statusIn(text, 'params'), text, at);
  }

  /** Complete tasks whose result nobody has fetched. */
  takeUnfetched(at: number): TaskEnd[] {
    if (this.#open.size === 0) return [];
    return [...this.#open]
      .filter(([, { completedAt }]) => completedAt > 0 && at - completedAt >= RESULT_WAIT_MS)
      .map(([taskId, { completedAt }]) => this.#end(taskId, { kind: 'ok' }, completedAt))
      .filter((end) => end !== undefined);
  }

  /** Those of a session that is over: nobody can say any more how they went. */
  takeOf(key: string): TaskEnd[] {
    if (this.#open.size === 0) return [];
    return [...this.#open]
      .filter(([, { operation }]) => operation.grouping?.key === key)
      .map(([taskId, { answeredAt, completedAt }]) => this.#end(taskId, { kind: 'ok' }, completedAt || answeredAt))
      .filter((end) => end !== undefined);
  }

  takeAll(): TaskEnd[] {
    return [...this.#open]
      .map(([taskId, { answeredAt, completedAt }]) => this.#end(taskId, { kind: 'ok' }, completedAt || answeredAt))
      .filter((end) => end !== undefined);
  }

  #statusOf(
    taskId: string,
    task: OpenTask,
    status: string | undefined,
    text: Uint8Array,
    at: number,
  ): TaskEnd | undefined {
    switch (status) {
      case 'failed':
        return this.#end(taskId, { kind: 'tool-error' }, at);
      case 'cancelled':
        return this.#end(taskId, { kind: 'cancelled' }, at);
      case 'completed': {
        // The extension has the result in the answer; 2025-11-25 has it fetched by `tasks/result`.
        const inlined = ['result', 'params'].find((member) => sliceOfMember(text, [member, 'result']) !== undefined);
        if (inlined !== undefined)
          return this.#end(taskId, { kind: isErrorIn(text, [inlined, 'result', 'isError']) ? 'tool-error' : 'ok' }, at);
        if (task.completedAt === 0) task.completedAt = at;
        return undefined;
      }
      default:
        return undefined;
    }
  }

  #end(taskId: string, outcome: Outcome, at: number): TaskEnd | undefined {
    const task = this.#open.get(taskId);
    if (task === undefined) return undefined;
    this.#open.delete(taskId);
    return { operation: task.operation, outcome, at };
  }
}

/** The task that an answer makes of its call. */
export function taskIn(result: JsonObject): string | undefined {
  if (result['resultType'] === 'task') return textAt(result, 'taskId');
  const { task } = result;
  return isObject(task) ? textAt(task, 'taskId') : undefined;
}

/** Read from the text: a message with a bulky result is not parsed whole. */
function statusIn(text: Uint8Array, member: 'result' | 'params'): string | undefined {
  const status = sliceOfMember(text, [member, 'status']);
  return status === undefined ? undefined : Buffer.from(status).toString('utf8').replaceAll('"', '');
}

function isErrorIn(text: Uint8Array, path: readonly string[]): boolean {
  const value = sliceOfMember(text, path);
  return value !== undefined && Buffer.from(value).toString('latin1') === 'true';
}
