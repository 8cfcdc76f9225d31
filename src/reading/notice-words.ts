/** Sentences of what keeps mcpspan from seeing a server as it is, by kind. */
const SENTENCES: Readonly<Record<string, (detail: string) => string>> = {
  'answers-unmatched': (detail) =>
    `answers of this server can't be matched to their calls: report it with this line, or with what \`mcpspan report FILE.md\` writes (${detail})`,
  'endpoint-elsewhere': (host) =>
    `the server told its client to send its requests to ${host}, past mcpspan, which sees none of them: have the server give out a path, or the address under which clients reach mcpspan`,
};
const PREFIX = 'notice-';

export const noticeInWords = (kind: string, detail: string): string =>
  SENTENCES[kind]?.(detail) ?? `${kind}: ${detail}`;

/** The sentence for what the store has counted; undefined: that is no notice. */
export function countedNoticeInWords(what: string): string | undefined {
  if (!what.startsWith(PREFIX)) return undefined;
  const [kind = '', ...detail] = what.slice(PREFIX.length).split(' ');
  return noticeInWords(kind, detail.join(' '));
}
