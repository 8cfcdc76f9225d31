/** Clients whose configuration `mcpspan install` knows, as the command line names them. */
export const CLIENT_IDS = ['claude-desktop', 'claude-code', 'cursor', 'vscode', 'codex', 'gemini'] as const;
export type ClientId = (typeof CLIENT_IDS)[number];
export const isClientId = (word: string): word is ClientId => CLIENT_IDS.some((id) => id === word);
