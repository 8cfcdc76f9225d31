import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../store/store-rig.ts';
import { PAGE_LINE, runCli, startCli } from './cli.ts';
import { startPlainServer } from './plain-server.ts';

describe.runIf(process.platform === 'linux')('a page whose port is taken', () => {
  it('says that the page is open already, or that it is the page of another store', async () => {
    using folder = temporaryFolder();
    const store = folder.in('store.db');
    await using upstream = await startPlainServer();
    await using first = await startCli(upstream.url, ['--name', 'notes', '--store', store, '--page', '127.0.0.1:0']);
    await first.untilSaid((stderr) => PAGE_LINE.test(stderr));
    const port = new URL(PAGE_LINE.exec(first.stderr())?.[1] ?? '').port;
    const second = runCli(['page', '--page', `127.0.0.1:${port}`, '--store', store]);
    expect(await second.ended).toBe(0);
    expect(second.stderr()).toBe(
      `mcpspan: the page is open already, by the mcpspan of notes: http://127.0.0.1:${port}\n`,
    );
    const elsewhere = runCli(['page', '--page', `127.0.0.1:${port}`, '--store', folder.in('other.db')]);
    expect(await elsewhere.ended).toBe(2);
    expect(elsewhere.stderr()).toMatch(/is in use by another mcpspan \(pid \d+\); choose/);
  });

  it('says by which program', async () => {
    using folder = temporaryFolder();
    const listens =
      "require('net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })";
    const other = spawn(process.execPath, ['-e', listens], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const said = String((await once(other.stdout, 'data'))[0]);
      const command = runCli(['page', '--page', `127.0.0.1:${said.trim()}`, '--store', folder.in('store.db')]);
      expect(await command.ended).toBe(2);
      expect(command.stderr()).toContain(`is in use by node (pid ${other.pid}); choose`);
    } finally {
      other.kill();
      await once(other, 'exit');
    }
  });
});
