import { connect, type LookupFunction } from 'node:net';
import { expect, it } from 'vitest';
import { Addresses } from '../../../src/transport/http/addresses.ts';
import { rawServer } from '../../support/raw.ts';

it('connects by name, again and again', async () => {
  const server = await rawServer(() => undefined);
  const lookup = new Addresses().lookup(() => undefined);
  for (const autoSelectFamily of [true, false, true]) {
    const socket = connect({ host: 'localhost', port: server.port, lookup, autoSelectFamily, family: 4 });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    socket.destroy();
  }
  await server.close();
});

it('finds the same addresses the second time, without asking', async () => {
  const lookup = new Addresses().lookup(() => undefined);
  expect(await ask(lookup)).toEqual(await ask(lookup));
});

it('says that a name has no address, and asks again the next time', async () => {
  const lookup = new Addresses().lookup(() => undefined);
  await expect(ask(lookup, 'no-such-host.invalid')).rejects.toThrow('no-such-host.invalid');
  expect(await ask(lookup)).not.toEqual([]);
});

const ask = (lookup: LookupFunction, name = 'localhost'): Promise<unknown> =>
  new Promise((resolve, reject) => {
    lookup(name, { all: true }, (error, addresses) => (error === null ? resolve(addresses) : reject(error)));
  });
