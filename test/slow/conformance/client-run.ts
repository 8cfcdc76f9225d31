import { z } from 'zod';

/** What the suite hands to the client under test. */
export const Task = z.object({
  /** The server that the suite has started for this scenario. */
  url: z.string(),
  scenario: z.string(),
  /** The revision to be spoken; the older suite does not say it. */
  version: z.string().default('2025-11-25'),
  context: z.record(z.string(), z.unknown()).default({}),
});

export interface ClientRun extends z.infer<typeof Task> {
  readonly fetch: typeof fetch;
}
