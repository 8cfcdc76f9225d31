import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHealthFile, writeHealthFile } from '../../src/run/health-file.ts';
import { startTestProxy } from '../support/proxy.ts';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'mcpspan-health-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const nothing = (line: string): void => expect.unreachable(line);

describe('the health file', () => {
  it.each([
    [{ host: '0.0.0.0', port: 4102 }, '0.0.0.0:4102\n'],
    [{ host: '::', port: 4102 }, '[::]:4102\n'],
    [undefined, 'off\n'],
  ])('says %o in the words of --health, and is read back', (health, text) => {
    const path = join(folder, 'health');
    writeHealthFile(path, health, nothing);
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(readHealthFile(path)).toEqual({ health });
    expect(readdirSync(folder)).toEqual(['health']);
  });

  it('takes the place of a link, and leaves what the link names alone', () => {
    const [path, target] = [join(folder, 'health'), join(folder, 'target')];
    writeFileSync(target, 'mine');
    rmSync(path);
    symlinkSync(target, path);
    writeHealthFile(path, undefined, nothing);
    expect(statSync(path).size).toBe('off\n'.length);
    expect(readFileSync(target, 'utf8')).toBe('mine');
  });

  it('that cannot be written is told of, and stops nothing', () => {
    const said: string[] = [];
    writeHealthFile(join(folder, 'not-there', 'health'), undefined, (line) => said.push(line));
    expect(said).toEqual([expect.stringMatching(/^--health-file cannot be written \(ENOENT: .*MCPSPAN_HEALTH now$/)]);
  });

  it('that is missing, or says something else, says nothing', () => {
    expect(readHealthFile(join(folder, 'not-there'))).toBeUndefined();
    writeFileSync(join(folder, 'else'), 'something else');
    expect(readHealthFile(join(folder, 'else'))).toBeUndefined();
  });

  it('names the port that a proxy got from the system', async () => {
    const path = join(folder, 'of-a-proxy');
    await using proxy = await startTestProxy('http://127.0.0.1:9/mcp', [
      '--health',
      '127.0.0.1:0',
      '--health-file',
      path,
    ]);
    expect(proxy.said).toEqual([]);
    const { host, port } = readHealthFile(path)?.health ?? expect.unreachable('it names no address');
    expect((await fetch(`http://${host}:${port}/healthz`)).status).toBe(200);
  });
});
