import { globSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { variableOf } from '../../src/settings/read-settings.ts';
import { OPTIONS } from '../../src/settings/options.ts';
import { service, services, type Service } from './compose.ts';
import { addressesIn, listeners } from './listeners.ts';
import { variablesIn } from './variables.ts';
import { at, fields, items, leaves, readText, readYaml, root, text, texts } from './yaml.ts';

const LISTENING = listeners();

/** Configuration that a service reads its variables from. */
const CONFIGURED_BY: Readonly<Record<string, string>> = {
  collector: 'otel-collector-config.yaml',
  jaeger: 'deploy/jaeger.yaml',
  tempo: 'deploy/tempo.yaml',
};
/** Variables that a program reads by itself. */
const OF_THE_PROGRAM: Readonly<Record<string, RegExp>> = {
  collector: /^GOMEMLIMIT$/,
  jaeger: /^OTEL_TRACES_SAMPLER$/,
  mcpspan: /^OTEL_(EXPORTER_OTLP_ENDPOINT|METRIC_EXPORT_INTERVAL)$/,
  grafana: /^GF_[A-Z]+(_[A-Z]+)+$/,
};

const mountTarget = (name: string, source: string): string => {
  const mount = service(name).mounts.find((one) => one.source === `./${source}`);
  if (mount === undefined) throw new Error(`${name} does not mount ${source}`);
  return mount.target;
};

/** What a service's variables may be called. */
function variablesOf({ name, mounts }: Service): readonly string[] {
  if (name === 'mcpspan') return Object.keys(OPTIONS).map(variableOf);
  if (name === 'simulator') {
    const script = readText(mounts[0]?.source ?? '');
    return [...script.matchAll(/setting\('(\w+)'/g)].map(([, word]) => `SIMULATOR_${word}`);
  }
  // It expands variables in external labels alone, and knows no defaults.
  if (name === 'prometheus')
    return [...variablesIn(at(readYaml('deploy/prometheus.yml'), 'global', 'external_labels')).keys()];
  const config = CONFIGURED_BY[name];
  return config === undefined ? [] : [...variablesIn(readYaml(config)).keys()];
}

describe('a variable', () => {
  it.each(services())('that compose sets for $name is one that it reads', (one) => {
    const known = variablesOf(one);
    const unknown = Object.keys(one.environment).filter(
      (name) => !known.includes(name) && OF_THE_PROGRAM[one.name]?.test(name) !== true,
    );
    expect(unknown).toEqual([]);
  });

  it.each(Object.entries(CONFIGURED_BY))('of the configuration of %s has a default', (_, config) => {
    const variables = variablesIn(readYaml(config));
    expect(variables.size).toBeGreaterThan(3);
    expect([...variables].filter(([, other]) => other === undefined)).toEqual([]);
  });

  it.each(Object.entries(CONFIGURED_BY))(
    'opens %s to the other containers, which by default is closed',
    (name, config) => {
      const host = [...variablesIn(readYaml(config))].filter(([variable]) => variable.endsWith('_HOST'));
      expect(host).toHaveLength(1);
      expect(host[0]?.[1]).toBe('127.0.0.1');
      expect(service(name).environment[host[0]?.[0] ?? '']).toBe('0.0.0.0');
    },
  );
});

describe('an address', () => {
  it.each([
    'otel-collector-config.yaml',
    'deploy/otel-collector-gateway.yaml',
    'deploy/otel-collector-agent.yaml',
    'deploy/prometheus.yml',
    ...globSync('grafana/provisioning/datasources/*.y*ml', { cwd: root }),
  ])('in %s is of a service that listens there', (file) => {
    const others = addressesIn(readYaml(file)).filter(({ host }) => !/^(localhost|127\.0\.0\.1)$/.test(host));
    expect(others).not.toEqual([]);
    for (const { host, port } of others) expect(LISTENING.get(host), `${host}:${port}`).toContain(port);
  });

  it('of a data source is there for each uid that the dashboards choose from', () => {
    const files = globSync('grafana/provisioning/datasources/*.y*ml', { cwd: root });
    const sources = files.flatMap((file) => items(at(readYaml(file), 'datasources')));
    expect(sources.map((source) => text(at(source, 'uid'))).toSorted()).toEqual([
      'alertmanager',
      'jaeger',
      'prometheus',
      'tempo',
    ]);
  });
});

describe('Prometheus', () => {
  const config = readYaml('deploy/prometheus.yml');
  const { command } = service('prometheus');

  it('finds the rules beside its configuration', () => {
    const rules = mountTarget('prometheus', 'grafana/alerts/mcpspan.rules.yml');
    expect(texts(at(config, 'rule_files'))).toEqual([basename(rules)]);
    expect(dirname(rules)).toBe(dirname(mountTarget('prometheus', 'deploy/prometheus.yml')));
  });

  it('takes what the collector pushes, and its exemplars', () => {
    const endpoint = String(
      at(readYaml('otel-collector-config.yaml'), 'exporters', 'otlp_http/prometheus', 'endpoint'),
    );
    expect(endpoint).toContain(':9090/api/v1/otlp');
    expect(command).toContain('--web.enable-otlp-receiver');
    expect(command).toContain('--enable-feature=exemplar-storage');
  });

  it('promotes what tells one mcpspan from another', () => {
    expect(texts(at(config, 'otlp', 'promote_resource_attributes'))).toEqual([
      'service.name',
      'service.instance.id',
      'service.version',
    ]);
  });

  it('keeps its data on its volume', () => {
    const path = command.find((word) => word.startsWith('--storage.tsdb.path='))?.split('=')[1];
    expect(service('prometheus').mounts).toContainEqual({ source: 'prometheus-data', target: path, readOnly: false });
  });
});

describe('Alertmanager', () => {
  const config = readYaml('deploy/alertmanager.yml');

  it('groups by labels that the alerts have', () => {
    const rules = readText('grafana/alerts/mcpspan.rules.yml');
    const labels = texts(at(config, 'route', 'group_by'));
    expect(labels).toEqual(['alertname', 'mcpspan_server', 'mcpspan_client']);
    expect(labels.slice(1).filter((label) => !rules.includes(`{{ .Labels.${label} }}`))).toEqual([]);
  });

  it('names alerts that exist', () => {
    const groups = items(at(readYaml('grafana/alerts/mcpspan.rules.yml'), 'groups'));
    const alerts = groups.flatMap((group) => items(at(group, 'rules')).map((rule) => at(rule, 'alert')));
    const named = leaves(at(config, 'inhibit_rules')).flatMap((leaf) => leaf.match(/Mcp\w+/g) ?? []);
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((name) => !alerts.includes(name))).toEqual([]);
  });

  it('tells a receiver that exists and needs no secret', () => {
    const receivers = items(at(config, 'receivers'));
    expect(receivers.map((receiver) => at(receiver, 'name'))).toContain(at(config, 'route', 'receiver'));
    expect(receivers.flatMap((receiver) => Object.keys(fields(receiver)))).toEqual(['name']);
  });
});

describe('Tempo', () => {
  it('writes nowhere but to its volume', () => {
    const paths = leaves(readYaml('deploy/tempo.yaml')).filter((leaf) => leaf.includes('/'));
    expect(paths.length).toBeGreaterThan(4);
    expect(paths.filter((path) => !path.startsWith('${TEMPO_DIR:-/var/tempo}/'))).toEqual([]);
    expect(service('tempo').mounts.map(({ target }) => target)).toContain(service('tempo').environment['TEMPO_DIR']);
  });

  it('is started so that it reads variables', () => {
    expect(service('tempo').command).toContain('-config.expand-env=true');
  });
});

describe('the collector', () => {
  it('queues on its volume, which its image made for the user it runs as', () => {
    const one = service('collector');
    const queue = one.environment['COLLECTOR_QUEUE'];
    expect(one.mounts).toContainEqual({ source: 'collector-queue', target: queue, readOnly: false });
    const image = readText('deploy/collector.Dockerfile');
    expect(image).toContain(`mkdir -p /out${String(queue).replace('/var/lib', '')}\n`);
    expect(image).toContain(`COPY --from=tools --chown=${String(at(one.raw, 'user'))} /out/ /var/lib/\n`);
  });
});

describe('Grafana', () => {
  const { environment } = service('grafana');

  it('finds the dashboards where their provider looks', () => {
    const files = globSync('grafana/provisioning/dashboards/*.y*ml', { cwd: root });
    const providers = files.flatMap((file) => items(at(readYaml(file), 'providers')));
    expect(providers).not.toEqual([]);
    const target = mountTarget('grafana', 'grafana/dashboards');
    for (const provider of providers) expect(at(provider, 'options', 'path')).toBe(target);
  });

  it('is where the alerts say that their panels are', () => {
    const urls =
      readText('grafana/alerts/mcpspan.rules.yml').match(/http:\/\/localhost:\d+(?=\{\{ end\s+\}\}\/d\/)/g) ?? [];
    expect(urls).not.toEqual([]);
    expect(new Set(urls)).toEqual(new Set([environment['GF_SERVER_ROOT_URL']]));
  });

  it('is where the alerts say so on another port, too', () => {
    const values = { GRAFANA_PORT: '3999' };
    const { environment: ofPrometheus } = service('prometheus', values);
    expect(ofPrometheus['GRAFANA_URL']).toBe(service('grafana', values).environment['GF_SERVER_ROOT_URL']);
    const config = readYaml('deploy/prometheus.yml');
    const [label, variable] = Object.entries(fields(at(config, 'global', 'external_labels')))[0] ?? [];
    expect(variable).toBe('${GRAFANA_URL}');
    expect(readText('grafana/alerts/mcpspan.rules.yml')).toContain(`{{ with .ExternalLabels.${label} }}{{ . }}`);
    // Else each alert would have it, and be grouped by it.
    expect(at(config, 'alerting', 'alert_relabel_configs')).toEqual([{ action: 'labeldrop', regex: label }]);
  });

  it('does not raise the alerts that Prometheus raises', () => {
    const targets = service('grafana').mounts.map(({ target }) => target);
    expect(targets).toContain('/etc/grafana/provisioning/datasources');
    expect(targets.filter((target) => /provisioning(\/alerting)?$/.test(target))).toEqual([]);
  });

  it('is for looking only, and lets nobody sign in', () => {
    expect(environment).toMatchObject({
      GF_AUTH_ANONYMOUS_ORG_ROLE: 'Viewer',
      GF_AUTH_DISABLE_LOGIN_FORM: 'true',
      GF_AUTH_BASIC_ENABLED: 'false',
    });
  });
});
