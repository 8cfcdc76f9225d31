import { existsSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Question } from '../../../src/commands/store/filters.ts';
import { report } from '../../../src/commands/store/report.ts';
import type { Out } from '../../../src/commands/terminal/out.ts';
import type { StoreReader } from '../../../src/store/reader.ts';
import { failure, request, result, toolCall, type Conversation } from '../../support/conversation.ts';
import { temporaryFolder } from '../../store/store-rig.ts';
import { HOSTILE, withStore } from './command-rig.ts';

const inSession = (id: string) => ({ 'Mcp-Session-Id': id });
const to =
  (file: string, price?: number) =>
  (reader: StoreReader, question: Question, out: Out): number =>
    report(reader, file, { ...question, price, version: '0.1.0' }, out);

/** One client with a session and a handshake for every call of one principal, and one that keeps its session. */
function speak(talk: Conversation): void {
  const token = { Authorization: 'Bearer one-principal' };
  for (let call = 0; call < 10; call++) {
    talk.initialize(`call-${call}`, { name: 'openai-mcp', version: '1.0.0' }, token);
    talk.call(`call-${call}`, 'quiz', token);
    talk.clock.advance(59_985);
  }
  talk.initialize('kept', { name: 'cursor', version: '1.0.0' });
  for (let call = 0; call < 10; call++) talk.call('kept', 'quiz');
  talk.ask(toolCall(1, 'grade'), failure(1, -32_603), inSession('kept'));
  talk.ask(toolCall(2, 'grade'), result(2, { isError: true }), inSession('kept'));
  talk.ask(request(3, 'tools/list'), result(3, { tools: [{ name: 'quiz' }, { name: 'never' }] }), inSession('kept'));
}

describe('a report', () => {
  it('says what each client does, what it costs, what is slow, what fails, and what to look at', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      const { answer, text } = ask(to('-'));
      expect(answer).toBe(0);
      expect(text).toMatch(/^# What MCP clients do at quiz:3000\n/);
      expect(text).toMatch(/^- Risk: chatgpt opens a session and handshakes for every call: /m);
      // 27 ms in all are not worth a line.
      expect(text).not.toContain('were avoidable');
      expect(text).toMatch(
        /^\| cursor \| 1\.0\.0 \| 1 \| 12 \| 12\.00 \| 0\.08 \| 0\.08 \| 0 % \| 17 % \| 0 % \| 12 ms \| \d+ \| reusing \|$/m,
      );
      expect(text).toMatch(/^\| quiz \| 20 \| 0 % \| 0 % \| 12 ms \| 12 ms \| 12 ms \| \d+ B \| \d+ \|$/m);
      expect(text).toMatch(/^\| 1 \| tools\/call grade \| error -32603 \| cursor \| /m);
      expect(text).toContain('2 tools cost about 8 tokens in every conversation; 1 was not called.');
      expect(text).toMatch(/^\| never \| 16 B \| 4 \| unused \|$/m);
    });
  });

  it('shows how clients use sessions: as a picture, and in Markdown as lines of characters', () => {
    using folder = temporaryFolder();
    withStore(({ talk, ask }) => {
      speak(talk);
      expect(ask(to('-')).text).toMatch(/^ {4}chatgpt +\|· .* 10 sessions, 10 calls$/m);
      ask(to(folder.in('report.html')));
      const html = readFileSync(folder.in('report.html'), 'utf8');
      expect(html).toMatch(/<svg class="lanes".*chatgpt.*a session per call.*10 sessions, 10 calls.*<\/svg>/s);
      expect(html.match(/class="lane-box"/g)).toHaveLength(11);
      expect(html).toContain('--orange: light-dark(#a85a00, #f0a64a);');
    });
  });

  it.each([
    ['x.pdf', "'x.pdf' ends in neither .html nor .md: mcpspan report x.html, then print it from a browser as PDF\n"],
    ['notes', "'notes' ends in neither .html nor .md: mcpspan report notes.html, or .md for Markdown\n"],
  ])('is not written as %s, and says what can be', (file, cure) => {
    withStore(({ talk, ask }) => {
      speak(talk);
      expect(ask(to(file))).toMatchObject({ answer: 2, text: cure });
    });
    expect(existsSync(file)).toBe(false);
  });

  it('says what could be saved per day, and in money where an hour has a price', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      // 10 minutes with 27 ms to save: 3.9 s a day, all of them alike.
      expect(ask(to('-')).text).toMatch(/^\| chatgpt \| 10 \| 30 ms \| 3\.0 ms \| 9 \| 27 ms \| 3\.9 s \|$/m);
      expect(ask(to('-', 3_600)).text).toMatch(
        /^\| chatgpt \| 10 \| 30 ms \| 3\.0 ms \| 9 \| 27 ms \| 3\.9 s \| 3\.8\d \|$/m,
      );
    });
  });

  it('is one file that only its user can read: Markdown where its name ends in .md, else HTML', () => {
    using folder = temporaryFolder();
    withStore(({ talk, ask }) => {
      speak(talk);
      for (const name of ['report.html', 'report.md']) {
        const { answer, text } = ask(to(folder.in(name)));
        expect([answer, text]).toEqual([0, expect.stringMatching(/^Wrote .*: it holds figures, and names/)]);
        expect(statSync(folder.in(name)).mode & 0o777).toBe(0o600);
      }
      expect(readFileSync(folder.in('report.html'), 'utf8')).toMatch(/^<!doctype html>/);
      expect(readFileSync(folder.in('report.md'), 'utf8')).toMatch(/^# /);
    });
  });

  it('as HTML loads nothing, runs nothing, and shows hostile names as text', () => {
    using folder = temporaryFolder();
    withStore(({ talk, ask }) => {
      talk.initialize('s', { name: HOSTILE, version: HOSTILE });
      for (let call = 0; call < 6; call++) talk.call('s', HOSTILE);
      ask(to(folder.in('r.html')));
      const html = readFileSync(folder.in('r.html'), 'utf8');
      expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'`);
      expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
      const tags = new Set([...html.matchAll(/<\/?([a-z][a-z0-9]*)/gi)].map(([, tag]) => tag));
      const plainTags =
        'html head meta title style svg g rect text tspan circle path body h1 h2 p br ul li div table thead tbody tr th td'.split(
          ' ',
        );
      expect([...tags].filter((tag) => !plainTags.includes(tag ?? ''))).toEqual([]);
      expect(html).not.toMatch(/\son\w+=(?!alert)|\ssrc="|\shref=|url\(|@import/);
    });
  });

  it('as Markdown has no link, no image, no HTML and no mention of anybody in it', () => {
    withStore(({ talk, ask }) => {
      talk.initialize('s', { name: HOSTILE, version: HOSTILE });
      for (let call = 0; call < 6; call++) talk.call('s', HOSTILE);
      const { text } = ask(to('-'));
      expect(text).toContain('&lt;img');
      expect(text).not.toMatch(/<img|@all|(?<!\\)\[a(?<!\\)\]|http:\/\/|www\.evil/);
      // Every row of a table has as many cells as its head, whatever was in the names.
      const cells = (line: string) => line.split(/(?<!\\)\|/).length;
      const tables = text.split('\n\n').filter((part) => part.startsWith('|'));
      expect(tables.length).toBeGreaterThan(2);
      for (const lines of tables.map((part) => part.trim().split('\n'))) expect(new Set(lines.map(cells)).size).toBe(1);
    });
  });

  it('can be printed as JSON', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      // What the command documents.
      const made = JSON.parse(ask(to('report.html'), { json: true }).text) as { title: string; sections: unknown[] };
      expect([made.title, made.sections.length]).toEqual(['What MCP clients do at quiz:3000', 8]);
    });
  });

  it('says that it is incomplete', () => {
    withStore(
      ({ talk, ask, store }) => {
        for (let call = 0; call < 20_000; call++) {
          talk.call(`s-${Math.floor(call / 50)}`, 'quiz');
          if (call % 1_000 === 999) store.flush();
        }
        expect(ask(to('-')).text).toMatch(/^Incomplete: [\d ]+ older operations had to make room\./m);
      },
      { store: { maxBytes: 300_000 } },
    );
  });

  it('is not written where nothing was recorded, and says so where the file cannot be written', () => {
    using folder = temporaryFolder();
    withStore(({ talk, ask }) => {
      expect(ask(to(folder.in('r.html')))).toMatchObject({
        answer: 2,
        text: expect.stringContaining('Nothing has been recorded yet'),
      });
      speak(talk);
      expect(ask(to(folder.in('no/such/folder/r.html')))).toMatchObject({
        answer: 2,
        text: expect.stringContaining('Cannot write'),
      });
    });
  });
});
