import { commandName } from './server-name.ts';

/**
 * Whether a command is `mcpspan mcp`. It reads the record; recorded itself, it would be part of what it tells about.
 * What stands after `--` is the command of a wrapper.
 */
export function isOwnServer(command: readonly string[]): boolean {
  const end = command.indexOf('--');
  const own = end < 0 ? command : command.slice(0, end);
  return own.includes('mcp') && commandName(own) === 'mcpspan';
}
