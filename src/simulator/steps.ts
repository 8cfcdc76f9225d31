import type { SignInStep, Step } from './profile.ts';

export const open = (at: number): Step => ({ at, does: 'open', session: 'new' });
export const openDead = (at: number): Step => ({ at, does: 'open', session: 'dead' });
export const close = (at: number): Step => ({ at, does: 'close' });
export const turn = (at: number): Step => ({ at, does: 'turn' });
export const list = (at: number, what: 'tools' | 'resources'): Step => ({ at, does: 'list', what });
export const call = (at: number, tool: string): Step => ({ at, does: 'call', tool });
/** A tool call in its own session. */
export const perCall = (at: number, tool: string): Step[] => [open(at), call(at, tool)];
export const knock = (at: number, path?: string): Step => ({ at, does: 'knock', ...(path !== undefined && { path }) });
export const sign = (at: number, what: SignInStep, resource: 'own' | 'other' = 'own'): Step => ({
  at,
  does: 'sign',
  what,
  resource,
});
export const scan = (at: number, method: string): Step => ({ at, does: 'scan', method });
export const scanTool = (at: number, tool: string): Step => ({ at, does: 'scan', method: 'tools/call', tool });
