// For docker-compose.yml: starts the simulated server, and the simulated clients, which call it through the mcpspan at
// SIMULATOR_TARGET. Runs inside the image, beside dist/.
import { randomInt } from 'node:crypto';
import { play } from '../dist/simulator/player.js';
import { profiles } from '../dist/simulator/profiles.js';
import { startSimulatedServer } from '../dist/simulator/server.js';

const setting = (name, fallback) => process.env[`SIMULATOR_${name}`] || fallback;
const say = (line) => process.stderr.write(`simulator: ${line}\n`);

/** Two versions of a client with the same name at the same server would share one figure, which is true for neither. */
const LEFT_OUT = ['chatgpt-2026'];

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stop.abort());

const seed = randomInt(1, 1_000_000);
const port = Number(setting('PORT', '3000'));
const server = await startSimulatedServer({ host: setting('HOST', '0.0.0.0'), port, seed });
say(`a server at ${server.url}`);

const url = setting('TARGET', 'http://mcpspan:4100/mcp');
const players = profiles.filter(({ name }) => !LEFT_OUT.includes(name));
say(`${players.map(({ name }) => name).join(', ')} call ${url}`);
const speed = Number(setting('SPEED', '10'));
await play({ url, profiles: players, speed, seed, rounds: undefined, signal: stop.signal });
await server.close();
