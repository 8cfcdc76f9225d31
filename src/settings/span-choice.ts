import type { PropagationOptions } from '../transport/trace/span-chooser.ts';
import type { ServerSettings } from './server-config.ts';

type ChoiceSettings = Pick<ServerSettings, 'trace-parent' | 'max-sessions' | 'segment-operations' | 'segment-seconds'>;

/** How a relay chooses spans. It uses the same settings as the observer. */
export const spanChoice = (
  settings: ChoiceSettings,
  own: Pick<PropagationOptions, 'server' | 'instance' | 'thread' | 'adds' | 'sampler'>,
): PropagationOptions => ({
  ...own,
  followsCaller: settings['trace-parent'] === 'caller',
  maxSessions: settings['max-sessions'],
  segmentOperations: settings['segment-operations'],
  segmentSeconds: settings['segment-seconds'],
});
