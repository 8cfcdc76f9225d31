import { createInterface } from 'node:readline';
import { lenientAnswer, type Json } from './lenient-talk.ts';

// A server that is wrapped: a message a line.
for await (const line of createInterface({ input: process.stdin })) {
  // Its client writes requests and notifications.
  const answer = await lenientAnswer(JSON.parse(line) as Json);
  if (answer !== undefined) process.stdout.write(`${JSON.stringify(answer)}\n`);
}
