import { expect, it } from 'vitest';
import { defaultStorePath } from '../../src/settings/store-path.ts';

it.each([
  ['linux', {}, '/home/ada', '/home/ada/.local/state/mcpspan/store.db'],
  ['linux', { XDG_STATE_HOME: '/var/state' }, '/home/ada', '/var/state/mcpspan/store.db'],
  ['linux', { XDG_STATE_HOME: 'relative' }, '/home/ada', '/home/ada/.local/state/mcpspan/store.db'],
  ['linux', { XDG_STATE_HOME: '' }, '/home/ada', '/home/ada/.local/state/mcpspan/store.db'],
  ['freebsd', {}, '/home/ada', '/home/ada/.local/state/mcpspan/store.db'],
  ['darwin', { XDG_STATE_HOME: '/x' }, '/Users/ada', '/Users/ada/Library/Application Support/mcpspan/store.db'],
  ['win32', { LOCALAPPDATA: 'D:\\Local' }, 'C:\\Users\\ada', 'D:\\Local\\mcpspan\\store.db'],
  ['win32', {}, 'C:\\Users\\ada', 'C:\\Users\\ada\\AppData\\Local\\mcpspan\\store.db'],
] as const)('on %s with %j the store is where users keep such things', (platform, env, home, path) => {
  expect(defaultStorePath({ env, platform, home })).toBe(path);
});
