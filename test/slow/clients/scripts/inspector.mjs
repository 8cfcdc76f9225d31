// The Inspector's command line, which is one process for each request.
import { execFileSync } from 'node:child_process';

const { url, calls, options } = JSON.parse(process.argv[2]);
const entry = 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js';
const ask = (...args) => {
  const target = ['--cli', url, '--transport', options.transport, ...options.args, '--format', 'json'];
  return JSON.parse(execFileSync(process.execPath, [entry, ...target, ...args], { encoding: 'utf8' }));
};
const { tools } = ask('--method', 'tools/list').result;
const said = [];
for (let call = 1; call <= calls; call++) {
  const answer = ask('--method', 'tools/call', '--tool-name', 'echo', '--tool-arg', `message=hëllo ${call}`);
  said.push(answer.result.content[0].text);
}
console.log(JSON.stringify({ tools: tools.map(({ name }) => name), said }));
