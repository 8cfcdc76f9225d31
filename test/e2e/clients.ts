import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

/** The official client, version 1 (only the legacy era), connected. */
export async function connectV1(
  url: string,
  name: string,
  capabilities: NonNullable<ConstructorParameters<typeof Client>[1]>['capabilities'] = {},
  prepare: (client: Client) => void = () => undefined,
): Promise<{ client: Client; transport: StreamableHTTPClientTransport }> {
  const client = new Client({ name, version: '1.2.3' }, { capabilities: capabilities ?? {} });
  prepare(client);
  const transport = new StreamableHTTPClientTransport(new URL(url));
  // It is one; its optional members are typed as if they could be undefined.
  await client.connect(transport as Transport);
  return { client, transport };
}

const MODES = { legacy: 'legacy', auto: 'auto', modern: { pin: '2026-07-28' } } as const;

/** The official client, version 2, connected the legacy way, by probing, or as 2026-07-28 and nothing else. */
export async function connectV2(
  url: string,
  name: string,
  mode: keyof typeof MODES,
  prepare: (client: ClientV2) => void = () => undefined,
): Promise<{ client: ClientV2; transport: TransportV2 }> {
  const client = new ClientV2(
    { name, version: '2.3.4' },
    { versionNegotiation: { mode: MODES[mode] }, capabilities: { elicitation: {} } },
  );
  prepare(client);
  const transport = new TransportV2(new URL(url));
  await client.connect(transport);
  return { client, transport };
}
