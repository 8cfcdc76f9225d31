import { claude202603, claudeAi202607, claudeCode, mcpRemote } from './anthropic-profiles.ts';
import { cursor, reconnectLoop, vscode } from './editor-profiles.ts';
import { langchainPython, modernStateless, n8nOld } from './framework-profiles.ts';
import { healthChecker, scanner } from './odd-profiles.ts';
import { chatgpt2025, chatgpt2026, openaiAgents } from './openai-profiles.ts';
import type { Profile } from './profile.ts';

/** Those that play together unless others are asked for, in the order a table shows them. */
export const profiles: readonly Profile[] = [
  chatgpt2025,
  claude202603,
  chatgpt2026,
  modernStateless,
  reconnectLoop,
  scanner,
];

/** Every client the simulator can play. Some share the name that a server knows them by. */
export const roster: readonly Profile[] = [
  chatgpt2025,
  chatgpt2026,
  claude202603,
  claudeAi202607,
  claudeCode,
  cursor,
  vscode,
  langchainPython,
  n8nOld,
  openaiAgents,
  mcpRemote,
  modernStateless,
  reconnectLoop,
  scanner,
  healthChecker,
];
