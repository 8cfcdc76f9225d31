import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { checkVersions } from '../../../src/commands/doctor/machine.ts';
import { startTlsInFrontOf } from '../../support/tls-front.ts';
import { makeCertificate } from '../../support/certificates.ts';
import { startDualEraServer } from '../../support/dual-era-server.ts';
import { httpServer, listen } from '../../support/listen.ts';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import { startTestProxy } from '../../support/proxy.ts';
import { startQuizServer } from '../../support/quiz-server.ts';
import { temporaryFolder } from '../../store/store-rig.ts';
import { startCli } from '../../e2e/cli.ts';
import { runDoctor, type Examined, type Line } from './doctor-run.ts';

const scratch = temporaryFolder();
afterAll(() => scratch[Symbol.dispose]());
const folder = (): string => mkdtempSync(scratch.in('doctor-'));

/** An address at which nobody listens. */
async function nowhere(): Promise<string> {
  const gone = await httpServer(() => undefined);
  await gone.close();
  return gone.url;
}

describe('doctor, of the upstream', () => {
  it('says what it is, which revisions it speaks, and how long a handshake takes', async () => {
    await using server = await startDualEraServer();
    const { code, checks, about } = await runDoctor({ upstream: server.url });
    expect(about('upstream')).toMatchObject([{ state: 'ok', found: expect.stringContaining('dual-era 2.0.0') }]);
    expect(about('revisions')[0]?.found).toBe(
      '2026-07-28, 2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05; without session ids',
    );
    expect(about('handshake')).toMatchObject([{ found: expect.stringMatching(/ms, at most .* in 5$/) }]);
    expect(about('clock')).toMatchObject([{ state: 'ok' }]);
    expect(about('through mcpspan')).toMatchObject([{ state: 'ok' }]);
    expect(about('authorization')).toMatchObject([{ state: 'ok', found: 'none required' }]);
    // How long it took is the machine's affair.
    expect(checks.filter(({ what, state }) => what !== 'handshake' && state !== 'ok')).toEqual([]);
    expect(code).toBe(0);
  });

  it('says in words what is wrong, and what to do', async () => {
    const address = await nowhere();
    const { code, text } = await runDoctor({ upstream: `${address}/mcp`, json: false });
    expect(text).toMatch(/^ PROBLEM {2}upstream +http:\/\/127.* nothing listens there\n +→ start the server/m);
    expect(text).toMatch(/1 problem, no warnings\n$/);
    expect(code).toBe(1);
  });

  it('recognises an untrusted certificate, and a server without TLS', async () => {
    const tls = (name: string) => readFileSync(new URL(`../../support/tls/${name}.pem`, import.meta.url));
    await using secure = await listen(https.createServer({ key: tls('key'), cert: tls('cert') }));
    const distrusted = await runDoctor({ upstream: `https://127.0.0.1:${secure.port}/mcp` });
    expect(distrusted.about('upstream')[0]?.found).toMatch(/TLS: .*certificate/);
    expect(distrusted.about('upstream')[0]?.cure).toContain('NODE_EXTRA_CA_CERTS');
    await using plain = await httpServer((_request, response) => response.end());
    const none = await runDoctor({ upstream: `https://127.0.0.1:${plain.port}/mcp` });
    expect(none.about('upstream')[0]).toMatchObject({
      found: expect.stringContaining('it does not speak TLS'),
      cure: expect.stringContaining('http://'),
    });
  });

  it('reaches an upstream over TLS as the relay does, and says how long our own certificate is valid', async () => {
    const place = folder();
    const file = (name: string, text: string): string => {
      writeFileSync(join(place, name), text);
      return join(place, name);
    };
    const own = makeCertificate({ name: 'quiz', for: ['localhost', '127.0.0.1'] });
    const old = makeCertificate({ name: 'old', years: [2000, 2001] });
    await using quiz = await startQuizServer();
    await using secure = await startTlsInFrontOf(quiz.url);
    const upstream = secure.url;
    const certificates = {
      ...secure.certificates,
      'tls-cert': file('own.pem', own.cert),
      'tls-key': file('own.key', own.key),
    };
    const { checks, about } = await runDoctor({ upstream, ...certificates });
    expect(checks.filter(({ what, state }) => what !== 'handshake' && state !== 'ok')).toEqual([]);
    expect(about('through mcpspan')).toHaveLength(1);
    expect(about('--tls-cert')[0]?.found).toMatch(/^for localhost, 127\.0\.0\.1, valid until .* 2120 GMT$/);

    const { 'upstream-cert': _cert, 'upstream-key': _key, ...unknown } = certificates;
    const refused = await runDoctor({ upstream, ...unknown, 'tls-cert': file('old.pem', old.cert) });
    expect(refused.about('upstream')[0]).toMatchObject({
      state: 'problem',
      cure: expect.stringContaining(
        'if it wants a client certificate, name one that it accepts with --upstream-cert FILE',
      ),
    });
    expect(refused.about('--tls-cert')[0]).toMatchObject({
      state: 'problem',
      found: expect.stringContaining('expired'),
    });

    const flags = ['--tls-cert', certificates['tls-cert'], '--tls-key', certificates['tls-key']];
    await using running = await startTestProxy(quiz.url, flags);
    const taken = await runDoctor({ listen: { host: '127.0.0.1', port: running.port } });
    expect(taken.about('--listen')[0]?.found).toContain('is taken by a running mcpspan');
  });

  it('warns of a slow handshake', async () => {
    await using server = await startQuizServer({ initializeMs: 150 });
    const { code, about } = await runDoctor({ upstream: server.url });
    expect(about('handshake')).toMatchObject([
      { state: 'warning', cure: expect.stringContaining('a handshake for every call') },
    ]);
    expect(about('revisions')[0]?.found).toMatch(/; with session ids$/);
    expect(code).toBe(0);
  });

  it('warns of a clock that is off', async () => {
    await using server = await startQuizServer({
      intercept: (_request, _body, response) => {
        response.setHeader('date', new Date(Date.now() - 90_000).toUTCString());
        return false;
      },
    });
    const { about } = await runDoctor({ upstream: server.url });
    expect(about('clock')).toMatchObject([
      { state: 'warning', found: expect.stringMatching(/^\d\d\.\d s ahead of that of the upstream$/) },
    ]);
  });

  it('recognises the transport of 2024-11-05', async () => {
    await using server = await httpServer((request, response) => {
      request.resume();
      if (request.method !== 'GET') return void response.writeHead(405).end();
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: endpoint\ndata: /messages\n\n');
    });
    const { code, about } = await runDoctor({ upstream: `${server.url}/sse` });
    expect(about('upstream')).toMatchObject([{ state: 'ok', found: expect.stringContaining('HTTP+SSE') }]);
    expect(about('through mcpspan')).toMatchObject([{ state: 'ok' }]);
    expect(code).toBe(0);
  });

  it('finds that an HTTP+SSE server leads its clients past mcpspan', async () => {
    await using server = await httpServer((request, response) => {
      request.resume();
      if (request.method !== 'GET') {
        response.writeHead(405).end();
        return;
      }
      const own = `http://127.0.0.1:${request.socket.localPort}/messages`;
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`event: endpoint\ndata: ${own}\n\n`);
    });
    const { about } = await runDoctor({ upstream: `${server.url}/sse` });
    expect(about('through mcpspan')).toMatchObject([
      { state: 'warning', found: expect.stringContaining(`to 127.0.0.1:${server.port}, past mcpspan`) },
    ]);
  });

  it('finds nothing wrong with an absolute endpoint that has the address clients use', async () => {
    await using server = await httpServer((request, response) => {
      request.resume();
      if (request.method !== 'GET') {
        response.writeHead(405).end();
        return;
      }
      const own = `http://${request.headers.host}/messages`;
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`event: endpoint\ndata: ${own}\n\n`);
    });
    const { about } = await runDoctor({ upstream: `${server.url}/sse` });
    expect(about('through mcpspan')).toMatchObject([{ state: 'ok' }]);
  });

  it('finds that an upstream answers to its own address only', async () => {
    await using server = await startQuizServer({
      intercept: (request, _body, response) => {
        if (request.headers.host === `127.0.0.1:${request.socket.localPort}`) return false;
        response.writeHead(403).end('Invalid Host');
        return true;
      },
    });
    const { code, about } = await runDoctor({ upstream: server.url });
    expect(about('upstream')).toMatchObject([{ state: 'ok' }]);
    expect(about('through mcpspan')).toMatchObject([
      { state: 'problem', found: 'HTTP 403, directly 200', cure: expect.stringContaining('--upstream-host upstream') },
    ]);
    expect(code).toBe(1);
  });
});

const SAMPLES = ['test span', 'test data point', 'test log record'];

/** What is said of each signal's test. */
const aboutSamples = ({ checks }: Examined): Line[] => checks.filter(({ what }) => SAMPLES.includes(what));

/** A backend for gRPC that takes what is not of these services. */
const startGrpcBackend = (refused: string, status: number) =>
  listen(
    http2.createServer().on('stream', (stream, headers) => {
      const refuses = String(headers[':path']).includes(refused);
      stream.resume();
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(refuses ? status : 0) }));
      // A message of no bytes.
      stream.end(refuses ? undefined : Buffer.alloc(5));
    }),
  );

describe('doctor, of telemetry', () => {
  it('finds no fault where nothing is exported', async () => {
    const examined = await runDoctor();
    expect(examined.about('export')).toMatchObject([{ state: 'ok', found: expect.stringContaining('nothing leaves') }]);
    expect(aboutSamples(examined)).toEqual([]);
    expect(examined.code).toBe(0);
  });

  it.each(['http/protobuf', 'http/json'])('sends one of each by %s, and says what to look for', async (protocol) => {
    await using receiver = await startOtlpReceiver();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: protocol };
    const { code, about } = await runDoctor({ env });
    expect(receiver.spans.map(({ name }) => name)).toEqual(['mcpspan doctor']);
    expect(receiver.metrics).toMatchObject([{ name: 'mcpspan.doctor', kind: 'gauge', points: [{ value: 1 }] }]);
    expect(receiver.logs).toMatchObject([{ body: 'mcpspan doctor', severity: { text: 'INFO' } }]);
    for (const { resource, scope } of [...receiver.spans, ...receiver.metrics, ...receiver.logs])
      expect([resource['service.name'], scope.name]).toEqual(['mcpspan', 'mcpspan.doctor']);
    const trace = receiver.spans[0]?.traceId ?? 'a trace';
    const taken = (of: string, mark: string) => [
      { state: 'ok', found: `accepted by ${receiver.url}/v1/${of}; look for ${mark}` },
    ];
    expect(about('test span')).toMatchObject(taken('traces', `trace ${trace}, span 'mcpspan doctor'`));
    expect(about('test data point')).toMatchObject(taken('metrics', 'the metric mcpspan.doctor'));
    expect(about('test log record')).toMatchObject(taken('logs', "the record 'mcpspan doctor'"));
    expect(about('traces')[0]?.found).toBe(`to ${receiver.url}/v1/traces (${protocol})`);
    expect(code).toBe(0);
  });

  it('warns of variables of mcpspan that do not exist, near to one that does or not', async () => {
    const { about } = await runDoctor({
      env: { MCPSPAN_UPSTREM: 'x', MCPSPAN_COLOUR: 'red', MCPSPAN_SERVICE_HOST: '10.0.0.1' },
    });
    const no = { state: 'warning', found: 'mcpspan has no such variable' };
    expect(about('MCPSPAN_UPSTREM')).toMatchObject([{ ...no, cure: 'did you mean MCPSPAN_UPSTREAM?' }]);
    expect(about('MCPSPAN_COLOUR')).toMatchObject([{ ...no, cure: expect.stringContaining('--help-all') }]);
    expect(about('MCPSPAN_SERVICE_HOST')).toEqual([]);
  });

  it('sends only the signals that are exported, and only where they go', async () => {
    await using receiver = await startOtlpReceiver();
    const env = {
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${receiver.url}/v1/logs`,
      OTEL_LOGS_EXPORTER: 'console,otlp',
      OTEL_TRACES_EXPORTER: 'console',
    };
    const examined = await runDoctor({ env });
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/v1/logs']);
    expect(aboutSamples(examined)).toMatchObject([{ what: 'test log record', state: 'ok' }]);
    expect(examined.about('test of traces')).toMatchObject([{ found: 'nothing sent: traces go to stderr' }]);
    expect(examined.code).toBe(0);
  });

  it('sends one of each by gRPC, and reports a missing service', async () => {
    await using backend = await startGrpcBackend('MetricsService', 12);
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: backend.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
    const { code, about } = await runDoctor({ env });
    expect(about('test span')).toMatchObject([{ state: 'ok' }]);
    expect(about('test log record')).toMatchObject([{ state: 'ok' }]);
    expect(about('test data point')).toMatchObject([
      {
        state: 'problem',
        found: expect.stringMatching(/answered UNIMPLEMENTED: (?!12)/),
        cure: expect.stringContaining('OTEL_METRICS_EXPORTER=none'),
      },
    ]);
    expect(code).toBe(1);
  });

  it('reports a credential that gRPC refuses', async () => {
    await using backend = await startGrpcBackend('', 16);
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: backend.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
    for (const { state, found, cure } of aboutSamples(await runDoctor({ env })))
      expect([state, found, cure]).toEqual([
        'problem',
        expect.stringContaining('UNAUTHENTICATED'),
        expect.stringContaining('OTEL_EXPORTER_OTLP_HEADERS'),
      ]);
  });

  it.each<[status: number, cure: RegExp]>([
    [401, /OTEL_EXPORTER_OTLP_HEADERS/],
    [404, /path/],
    [415, /http\/json/],
    [503, /busy or broken/],
  ])('says what HTTP %i to each of them means', async (status, cure) => {
    await using backend = await httpServer((request, response) => {
      request.resume();
      response.writeHead(status).end();
    });
    const examined = await runDoctor({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: backend.url } });
    expect(aboutSamples(examined)).toMatchObject(
      SAMPLES.map((what) => ({ what, state: 'problem', cure: expect.stringMatching(cure) })),
    );
    expect(examined.code).toBe(1);
  });

  it('names the variable of the signal, and how to turn the signal off', async () => {
    await using backend = await httpServer((request, response) => {
      request.resume();
      response.writeHead(request.url === '/v1/traces' ? 200 : request.url === '/m' ? 401 : 404).end();
    });
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: backend.url, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${backend.url}/m` };
    const { about } = await runDoctor({ env });
    expect(about('test span')).toMatchObject([{ state: 'ok' }]);
    expect(about('test data point')[0]?.cure).toContain('set OTEL_EXPORTER_OTLP_METRICS_HEADERS to');
    expect(about('test log record')[0]?.cure).toMatch(
      /OTEL_EXPORTER_OTLP_LOGS_ENDPOINT with it, or set OTEL_LOGS_EXPORTER=none if it takes no logs$/,
    );
  });

  it.each(['http/protobuf', 'grpc'])('says that nothing listens for %s', async (protocol) => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: await nowhere(), OTEL_EXPORTER_OTLP_PROTOCOL: protocol };
    expect(aboutSamples(await runDoctor({ env }))).toMatchObject(
      SAMPLES.map((what) => ({ what, state: 'problem', found: expect.stringContaining('nothing listens there') })),
    );
  });

  it('recognises a gRPC port that gets HTTP, and the other way round', async () => {
    await using grpc = await listen(http2.createServer((_request, response) => response.end()));
    const asked = await runDoctor({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: grpc.url } });
    expect(aboutSamples(asked)).toMatchObject(
      SAMPLES.map(() => ({
        found: expect.stringContaining('speaks gRPC'),
        cure: expect.stringContaining('OTEL_EXPORTER_OTLP_PROTOCOL=grpc'),
      })),
    );
    await using plain = await httpServer((request, response) => {
      request.resume();
      response.end();
    });
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: plain.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
    const other = await runDoctor({ env });
    expect(aboutSamples(other)).toMatchObject(
      SAMPLES.map(() => ({
        found: expect.stringContaining('does not speak gRPC'),
        cure: expect.stringContaining('http/protobuf'),
      })),
    );
  });

  it.each(['http/protobuf', 'grpc'])('recognises a certificate that %s does not trust', async (protocol) => {
    const tls = (name: string) => readFileSync(new URL(`../../support/tls/${name}.pem`, import.meta.url));
    const options = { key: tls('key'), cert: tls('cert'), allowHTTP1: true };
    await using secure = await listen(http2.createSecureServer(options, (_request, response) => response.end()));
    const endpoint = `https://127.0.0.1:${secure.port}`;
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: protocol };
    expect(aboutSamples(await runDoctor({ env }))).toMatchObject(
      SAMPLES.map(() => ({
        found: expect.stringMatching(/: TLS: (its certificate is self-signed|self-signed certificate)$/),
        cure: expect.stringContaining('OTEL_EXPORTER_OTLP_CERTIFICATE'),
      })),
    );
  });

  it('says that a backend accepts a request but rejects its item', async () => {
    await using backend = await httpServer((request, response) => {
      request.resume();
      const rejected = request.url === '/v1/traces' ? 'rejectedSpans' : 'rejectedLogRecords';
      const partialSuccess = { [rejected]: '1', errorMessage: 'no' };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ partialSuccess }));
    });
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: backend.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRICS_EXPORTER: 'none',
    };
    expect(aboutSamples(await runDoctor({ env }))).toMatchObject(
      ['test span', 'test log record'].map((what) => ({
        what,
        state: 'problem',
        found: expect.stringContaining('rejected'),
      })),
    );
  });

  it('sends nothing where the address is invalid', async () => {
    const examined = await runDoctor({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' } });
    expect(aboutSamples(examined)).toEqual([]);
    expect(examined.checks.filter(({ state }) => state === 'problem').map(({ what }) => what)).toEqual(['OTEL_*']);
  });

  it('says whether metrics can be served to Prometheus', async () => {
    await using busy = await httpServer((_request, response) => response.end('up 1'));
    const asked = (port: string) => ({
      env: {
        OTEL_METRICS_EXPORTER: 'prometheus',
        OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
        OTEL_EXPORTER_PROMETHEUS_PORT: port,
      },
    });
    const taken = await runDoctor(asked(String(busy.port)));
    expect(taken.about('metrics port')).toMatchObject([
      {
        state: 'problem',
        found: `127.0.0.1:${busy.port} is in use`,
        cure: expect.stringContaining('_PROMETHEUS_PORT'),
      },
    ]);
    expect([taken.code, aboutSamples(taken)]).toEqual([1, []]);
    expect((await runDoctor(asked('many'))).about('metrics port')).toMatchObject([
      { state: 'problem', found: "OTEL_EXPORTER_PROMETHEUS_PORT is 'many', which is not a port" },
    ]);
    await busy.close();
    const free = await runDoctor(asked(String(busy.port)));
    expect(free.about('metrics port')).toMatchObject([{ state: 'ok', found: `127.0.0.1:${busy.port} is free` }]);
    expect(free.code).toBe(0);
  });

  it('says that there is no such address to serve metrics at', async () => {
    const env = { OTEL_METRICS_EXPORTER: 'prometheus', OTEL_EXPORTER_PROMETHEUS_HOST: '192.0.2.1' };
    expect((await runDoctor({ env })).about('metrics port')).toMatchObject([
      { state: 'problem', cure: expect.stringContaining('OTEL_EXPORTER_PROMETHEUS_HOST') },
    ]);
  });

  it('recognises a running mcpspan that serves the metrics', async () => {
    const spare = await httpServer(() => undefined);
    await spare.close();
    const env = {
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
      OTEL_EXPORTER_PROMETHEUS_PORT: String(spare.port),
    };
    await using serving = await startCli('http://127.0.0.1:9/mcp', ['--store', 'off'], env);
    await vi.waitFor(() => fetch(`http://127.0.0.1:${spare.port}/metrics`), { timeout: 20_000 });
    const { code, about } = await runDoctor({ env });
    expect(about('metrics port')).toMatchObject([
      { state: 'ok', found: `a running mcpspan serves 127.0.0.1:${spare.port}` },
    ]);
    expect(code).toBe(0);
    expect(await serving.stop()).toBe(0);
  });

  it.each<[env: Record<string, string>, what: string, state: string, cure: RegExp]>([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' }, 'OTEL_*', 'problem', /correct/],
    [
      { OTEL_EXPORTER_OLTP_ENDPOINT: 'http://x' },
      'OTEL_EXPORTER_OLTP_ENDPOINT',
      'warning',
      /OTEL_EXPORTER_OTLP_ENDPOINT\?/,
    ],
    [{ OTEL_SDK_DISABLED: 'true' }, 'OTEL_SDK_DISABLED', 'warning', /unset/],
    [{ OTEL_CONFIG_FILE: '/etc/otel.yaml' }, 'OTEL_CONFIG_FILE', 'warning', /OTEL_\*/],
    [{ OTEL_TRACES_SAMPLER: 'some' }, 'OTEL_TRACES_SAMPLER', 'problem', /always_on/],
    [{ OTEL_TRACES_SAMPLER: 'always_off' }, 'OTEL_TRACES_SAMPLER', 'warning', /unset/],
    [{ OTEL_EXPORTER_OTLP_CERTIFICATE: '/no/such.pem' }, 'OTEL_EXPORTER_OTLP_CERTIFICATE', 'problem', /path/],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'Bearer x' }, 'OTEL_EXPORTER_OTLP_HEADERS', 'problem', /name=value/],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9/v1/traces' },
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'problem',
      /leave it out/,
    ],
    [
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:9' },
      'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
      'problem',
      /append \/v1\/traces/,
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4317' }, 'OTEL_EXPORTER_OTLP_ENDPOINT', 'warning', /4318/],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'warning',
      /4317/,
    ],
  ])('finds what is odd about %o', async (env, what, state, cure) => {
    const { about } = await runDoctor({ env: { ...env, OTEL_TRACES_EXPORTER: 'none' } });
    expect(about(what)).toMatchObject([{ state, cure: expect.stringMatching(cure) }]);
  });

  it('prints no secret', async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:geheim@127.0.0.1:9', OTEL_EXPORTER_OTLP_HEADERS: 'geheim' };
    const { text } = await runDoctor({ env, json: false });
    expect(text).toContain('127.0.0.1:9');
    expect(text).not.toContain('geheim');
  });
});

describe('doctor, of this machine', () => {
  it('says whether the ports are free', async () => {
    await using busy = await httpServer((_request, response) => response.end('somebody else'));
    const taken = { host: '127.0.0.1', port: busy.port };
    const { code, about } = await runDoctor({ listen: taken, page: taken });
    expect(about('--listen')).toMatchObject([{ state: 'problem', found: `127.0.0.1:${busy.port} is in use` }]);
    // It goes without a page.
    expect(about('--page')).toMatchObject([{ state: 'warning', cure: expect.stringContaining('--page HOST:PORT') }]);
    expect(code).toBe(1);
    await busy.close();
    expect((await runDoctor({ listen: taken })).about('--listen')).toMatchObject([{ state: 'ok' }]);
  });

  it('recognises a running mcpspan at the port of the proxy', async () => {
    await using proxy = await startTestProxy('http://127.0.0.1:9/mcp');
    const { code, about } = await runDoctor({ listen: { host: '127.0.0.1', port: proxy.port } });
    expect(about('--listen')).toMatchObject([
      { state: 'warning', found: expect.stringContaining('a running mcpspan') },
    ]);
    expect(code).toBe(0);
  });

  it('recognises a running mcpspan at the port of the page', async () => {
    const spare = await httpServer(() => undefined);
    await spare.close();
    const page = { host: '127.0.0.1', port: spare.port };
    using store = temporaryFolder();
    const args = ['--store', store.in('store.db'), '--page', `127.0.0.1:${spare.port}`];
    await using serving = await startCli('http://127.0.0.1:9/mcp', args);
    await vi.waitFor(() => fetch(`http://127.0.0.1:${spare.port}/`), { timeout: 20_000 });
    expect((await runDoctor({ page })).about('--page')).toMatchObject([
      { state: 'warning', found: expect.stringContaining('a running mcpspan') },
    ]);
    expect(await serving.stop()).toBe(0);
  });

  it('says whether Node is new enough', () => {
    expect(checkVersions()).toMatchObject({ state: 'ok', found: expect.stringContaining(process.versions.node) });
    expect(checkVersions('22.18.0')).toMatchObject({ state: 'problem', cure: expect.stringContaining('22.19') });
    expect(checkVersions('20.20.2').state).toBe('problem');
  });

  it('records nothing of its own', async () => {
    await using server = await startQuizServer();
    const path = join(folder(), 'store.db');
    const { about } = await runDoctor({ upstream: server.url, store: path });
    expect(about('through mcpspan')).toMatchObject([{ state: 'ok' }]);
    expect(existsSync(path)).toBe(false);
  });

  it('says whether the store can be used', async () => {
    const path = join(folder(), 'deep', 'store.db');
    expect((await runDoctor({ store: path })).about('store')).toMatchObject([
      { state: 'ok', found: `${path} will be made` },
    ]);

    const good = join(folder(), 'store.db');
    const database = new DatabaseSync(good);
    database.exec('CREATE TABLE sessions (id TEXT)');
    database.close();
    chmodSync(good, 0o600);
    expect((await runDoctor({ store: good })).about('store')).toMatchObject([{ state: 'ok' }]);
    chmodSync(good, 0o644);
    expect((await runDoctor({ store: good })).about('store')).toMatchObject([
      { state: 'warning', cure: `chmod 600 ${good}` },
    ]);

    const bad = join(folder(), 'store.db');
    writeFileSync(bad, 'this is a letter to somebody', { mode: 0o600 });
    const { code, about } = await runDoctor({ store: bad });
    expect(about('store')).toMatchObject([{ state: 'problem', found: `${bad}: it is not a SQLite database` }]);
    expect(code).toBe(1);

    const directory = folder();
    expect((await runDoctor({ store: directory })).about('store')).toMatchObject([{ state: 'problem' }]);
    const below = join(bad, 'store.db');
    expect((await runDoctor({ store: below })).about('store')).toMatchObject([{ state: 'problem' }]);
  });

  it('warns that the store may grow beyond the disk', async () => {
    const { about } = await runDoctor({ store: join(folder(), 'store.db'), 'store-max-mb': 1_000_000_000 });
    expect(about('room for the store')).toMatchObject([
      { state: 'warning', cure: expect.stringContaining('--store-max-mb') },
    ]);
  });
});
