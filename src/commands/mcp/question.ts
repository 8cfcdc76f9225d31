import { name, time } from './argument-kinds.ts';

/** Arguments that most tools take. */
export const SERVER = name('only this server, by the name that list_clients shows');
export const CLIENT = name('only this client, such as cursor or claude-code');
export const TOOL = name('only calls of this tool');
export const SINCE = time('only what happened since then: 15m, 2h or 7d ago, or a date; default: all that is recorded');
