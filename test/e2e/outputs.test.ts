import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import { describe, expect, it } from 'vitest';
import { httpServer, listen } from '../support/listen.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { runCli, startCli } from './cli.ts';
import { startPlainServer } from './plain-server.ts';
import { speakTo } from './speaker.ts';

const client = { name: 'outputs', version: '1.0.0' };

describe('the variables of the SDK', () => {
  it('turn on only the signal they name, and say how it is sent', async () => {
    await using upstream = await startPlainServer();
    await using receiver = await startOtlpReceiver();
    await using cli = await startCli(upstream.url, [], {
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${receiver.url}/v1/metrics`,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=one%20of%20many',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
      OTEL_SERVICE_NAME: 'front-door',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    });
    expect(cli.stderr()).toMatch(/^ {2}traces {4}off$/m);
    const speaker = speakTo(cli.url, client);
    await speaker.open();
    await speaker.call('echo');
    expect(await cli.stop()).toBe(0);
    expect(new Set(receiver.requests.map(({ path }) => path))).toEqual(new Set(['/v1/metrics']));
    expect(receiver.requests[0]?.headers).toMatchObject({ 'x-tenant': 'one of many', 'content-encoding': 'gzip' });
    const calls = receiver.metrics.find(({ name }) => name === 'mcpspan.handshakes');
    expect(calls).toMatchObject({
      temporality: 'delta',
      resource: {
        'service.name': 'front-door',
        'service.version': expect.any(String),
        'service.instance.id': expect.any(String),
        'deployment.environment.name': 'test',
      },
    });
    const resource = Object.keys(calls?.resource ?? {});
    expect(resource.filter((name) => /^(process|host|os)\./.test(name))).toEqual([]);
    expect(upstream.arrived.flatMap(({ headers }) => headers['traceparent'] ?? [])).toEqual([]);
  });
});

describe('the console exporters', () => {
  const SESSIONS = 8;
  const env = { OTEL_TRACES_EXPORTER: 'console', OTEL_METRICS_EXPORTER: 'console', OTEL_LOGS_EXPORTER: 'console' };
  let written: { stdout: string; stderr: string };

  it('write to stderr: stdout stays empty', async () => {
    await using upstream = await startPlainServer();
    await using cli = await startCli(upstream.url, ['--name', 'prints'], env);
    await Promise.all(Array.from({ length: SESSIONS }, () => speakTo(cli.url, client).open()));
    await speakTo(cli.url, client).call('echo');
    for (const what of ["'tools/call echo'", 'mcpspan.tool_calls', 'mcpspan.client.first_seen']) {
      await cli.untilSaid((stderr) => stderr.includes(what));
    }
    expect(await cli.stop()).toBe(0);
    written = { stdout: cli.stdout(), stderr: cli.stderr() };
    expect(written.stdout).toBe('');
  });

  it('write all of what is told at the end', () => {
    expect(written.stderr.split("name: 'mcp.session.summary'")).toHaveLength(SESSIONS + 2);
    expect(written.stderr).toContain('mcpspan.sessions.ended');
  });
});

describe('the Prometheus exporter', () => {
  /** The names of what is served while a session is open. */
  async function scrape(): Promise<Set<string>> {
    await using upstream = await startPlainServer();
    const free = await httpServer(() => undefined);
    await free.close();
    await using cli = await startCli(upstream.url, ['--name', 'scraped'], {
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
      OTEL_EXPORTER_PROMETHEUS_PORT: String(free.port),
    });
    expect(cli.stderr()).toContain(`  metrics   ${free.url}/metrics`);
    const ended = speakTo(cli.url, client);
    const open = speakTo(cli.url, client);
    await ended.open();
    for (let call = 0; call < 5; call++) await ended.call('echo');
    await ended.end();
    await open.open();
    await open.send({ id: 'list', method: 'tools/list' });
    await open.call('no-such-tool');
    const all = /^mcpspan_tool_calls_total\{.*mcpspan_client="outputs".*\} 6 ?\d*$/m;
    let page = '';
    // There is no event to wait for; a scraper asks again too.
    const look = async (): Promise<string> => {
      page = await (await fetch(`${free.url}/metrics`)).text();
      return page;
    };
    await expect.poll(look).toMatch(all);
    expect(await cli.stop()).toBe(0);
    const samples = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Set(samples.map((line) => line.slice(0, line.search(/[{ ]/))));
  }
  let names: Set<string>;

  it('serves counters and gauges under the names that they have after a collector', async () => {
    names = await scrape();
    for (const name of [
      'mcpspan_handshakes_total',
      'mcpspan_tool_calls_total',
      'mcpspan_tools_unknown_total',
      'mcpspan_discoveries_total',
      'mcpspan_sessions_total',
      'mcpspan_sessions_used_total',
      'mcpspan_sessions_open',
      'mcpspan_sessions_ended_total',
      'mcpspan_client_verdict',
      'mcpspan_notifications_total',
      'mcpspan_self_copies_dropped_total',
      'mcpspan_self_observer_restarts_total',
      'mcpspan_self_export_failures_total',
      'mcpspan_self_labels_folded_total',
      'mcpspan_self_traces_withheld_total',
      'mcpspan_session_tool_calls_bucket',
    ]) {
      expect(names).toContain(name);
    }
  });
});

it('gRPC over TLS to an address writes nothing to stderr that is not ours', async () => {
  const tls = (name: string) => readFileSync(new URL(`../support/tls/${name}.pem`, import.meta.url));
  await using secure = await listen(http2.createSecureServer({ key: tls('key'), cert: tls('cert') }));
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `https://127.0.0.1:${secure.port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
  };
  await using doctor = runCli(['doctor', '--listen', '127.0.0.1:0', '--page', 'off', '--store', 'off'], env);
  expect(await doctor.ended).toBe(1);
  expect(doctor.stdout()).toContain('TLS: self-signed certificate');
  expect(doctor.stderr().replaceAll(/^mcpspan: .*\n/gm, '')).toBe('');
});
