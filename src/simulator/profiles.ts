import { claude202603, claudeAi202607, claudeCode, mcpRemote } from './anthropic-profiles.ts';
import { cursor, reconnectLoop, vscode } from './editor-profiles.ts';
import { langchainPython, modernStateless, n8nOld } from './framework-profiles.ts';
import { healthChecker, scanner } from './odd-profiles.ts';
import { chatgpt2025, chatgpt2026, openaiAgents } from './openai-profiles.ts';
import type { Profile } from './profile.ts';
import {
  neverReturns,
  shakesHandsOnly,
  signsIn,
  stopsAtChallenge,
  stopsAtMetadata,
  validator,
  wrongAudience,
} from './sign-in-profiles.ts';

/** The profiles that play together by default, in the order in which a table shows them. */
export const profiles: readonly Profile[] = [
  chatgpt2025,
  claude202603,
  chatgpt2026,
  modernStateless,
  reconnectLoop,
  scanner,
];

/** Every client that the simulator can play. Some send the same client name. */
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
  stopsAtChallenge,
  stopsAtMetadata,
  neverReturns,
  wrongAudience,
  validator,
  shakesHandsOnly,
  signsIn,
];
