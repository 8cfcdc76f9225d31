import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { clients } from './clients.ts';
import { overview } from './overview.ts';
import { sessions } from './sessions.ts';
import { tools } from './tools.ts';
import { trust } from './trust.ts';

const ALL: readonly (() => Dashboard)[] = [overview, clients, tools, sessions, trust];

/** The files of the dashboards; their paths are relative to grafana/. */
export function renderDashboards(): { path: string; text: string }[] {
  return ALL.map((build) => {
    const dashboard = build();
    return { path: `dashboards/${dashboard.uid}.json`, text: json(dashboard) };
  });
}

const LIST_OF_PLAIN = /\[\n\s+((?:"(?:[^"\\]|\\.)*"|[\w.-]+)(?:,\n\s+(?:"(?:[^"\\]|\\.)*"|[\w.-]+))*)\n\s+\]/g;

/** JSON in the format of oxfmt, which puts a list of plain values on one line. */
const json = (value: unknown): string =>
  `${JSON.stringify(value, undefined, 2).replaceAll(LIST_OF_PLAIN, (_, inside: string) => `[${inside.replaceAll(/,\n\s+/g, ', ')}]`)}\n`;
