/** Commands that read the local store. */
export const STORE_COMMANDS = [
  'sessions',
  'session',
  'clients',
  'tools',
  'slow',
  'errors',
  'tail',
  'journeys',
  'ready',
  'report',
] as const;
export type StoreCommand = (typeof STORE_COMMANDS)[number];
export const isStoreCommand = (word: string): word is StoreCommand =>
  STORE_COMMANDS.some((command) => command === word);
/** Commands that change the configuration of clients. */
export const INSTALL_COMMANDS = ['install', 'uninstall'] as const;
export type InstallCommand = (typeof INSTALL_COMMANDS)[number];
export const isInstallCommand = (word: string): word is InstallCommand =>
  INSTALL_COMMANDS.some((command) => command === word);
export const OTHER_COMMANDS = [
  'demo',
  'page',
  'probe',
  'doctor',
  'collect',
  'config',
  'healthcheck',
  'mcp',
  'completions',
] as const;
export type CommandName = (typeof OTHER_COMMANDS)[number] | StoreCommand | InstallCommand;
