/** The label that all unverified names share, as `session/client.ts` has it. */
const OTHER = '_OTHER';

/** The name of a client, a tool or a method, for people. */
export const nameText = (label: string): string => (label === OTHER ? 'unknown names' : label);
