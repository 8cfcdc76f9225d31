import { openCollector, type Backends, type Collector } from './collector.ts';
import { inScratch, type Scratch } from './scratch.ts';
import { shipped } from './shipped.ts';

/** The agents' file. Its exporter has that name from 0.153.0 on; the newest one that can be built here is 0.152.0. */
export const agentConfig = (disk: Scratch): Promise<string> =>
  disk.copy(shipped('deploy/otel-collector-agent.yaml'), { load_balancing: 'loadbalancing' });

/** Collectors of the second tier, which judge traces. @param decisionWait as the file writes durations */
export const openGateway = (backends: Backends, decisionWait: string): Promise<Collector> =>
  openCollector(backends, {
    config: shipped('deploy/otel-collector-gateway.yaml'),
    env: { DECISION_WAIT: decisionWait },
  });

/** A collector of the first tier, which knows one gateway. */
export const openAgent = (gateway: Collector, backends: Backends): Promise<Collector> =>
  inScratch('agent', async (disk) =>
    openCollector(backends, {
      config: await agentConfig(disk),
      env: { GATEWAY_HOST: '127.0.0.1', GATEWAY_PORT: String(gateway.place.ports.grpc) },
    }),
  );
