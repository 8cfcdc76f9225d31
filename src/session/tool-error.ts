import { eachElement, endOfValue } from '../json/scan.ts';
import { shortTextOfMember, sliceOfMember } from '../observe/skim.ts';
import { asBuffer } from '../transport/wire/copy.ts';

const OPEN_BRACKET = 0x5b;

/** The first text in the result of a tool that failed, of which at most 1 KiB; undefined: there is none. */
export function toolErrorText(message: Uint8Array): string | undefined {
  const slice = sliceOfMember(message, ['result', 'content']);
  if (slice === undefined || slice[0] !== OPEN_BRACKET) return undefined;
  const content = asBuffer(slice);
  let said: string | undefined;
  eachElement(content, 0, (at) => {
    const end = endOfValue(content, at);
    if (end === -1) return -1;
    said = shortTextOfMember(content.subarray(at, end), ['text']);
    return said === undefined ? end : -1;
  });
  return said;
}
