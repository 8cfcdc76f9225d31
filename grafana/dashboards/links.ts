import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { DashboardLinkBuilder, DashboardLinkType, type DashboardLink } from '@grafana/grafana-foundation-sdk/dashboard';
import { labels, type Label } from './promql.ts';

export const DASHBOARDS = {
  'mcpspan-overview': 'Overview',
  'mcpspan-clients': 'Clients',
  'mcpspan-tools': 'Tools',
  'mcpspan-sessions': 'Sessions',
  'mcpspan-trust': 'Can I trust this?',
} as const;

export type DashboardUid = keyof typeof DASHBOARDS;

/** A link on a cell or a series. */
export interface Link {
  title: string;
  url: string;
}

// The entries of an object literal of this type have its keys.
const ALL = Object.entries(DASHBOARDS) as [DashboardUid, string][];

/** Links to the other dashboards, which keep the choices and the time range. */
export function linksFrom(here: DashboardUid): Builder<DashboardLink>[] {
  return ALL.filter(([uid]) => uid !== here).map(([uid, title]) => ({
    build() {
      const link = new DashboardLinkBuilder(title)
        .type(DashboardLinkType.Link)
        .icon('dashboard')
        .url(`/d/${uid}`)
        .includeVars(true)
        .keepTime(true)
        .build();
      // The builder's default hides links behind a menu.
      delete link.placement;
      return link;
    },
  }));
}

/**
 * A link on a row or a series to another dashboard about this one thing, e.g. `{ client: '${__value.raw}' }`. Other
 * choices stay as they are.
 */
export function linkTo(uid: DashboardUid, title: string, about: Readonly<Record<string, string>>): Link {
  const kept = ['server', 'client', 'instance'].filter((name) => !(name in about));
  const query = [
    ...['datasource', ...kept].map((name) => `\${${name}:queryparam}`),
    ...Object.entries(about).map(([name, value]) => `var-${name}=${value}`),
    '${__url_time_range}',
  ];
  return { title, url: `/d/${uid}?${query.join('&')}` };
}

/** The value of a cell in the same row, by the header of its column. */
export const cell = (header: string): string => `\${__data.fields.${header}:percentencode}`;
/** The value of a label of the series that was clicked. */
export const ofSeries = (label: Label): string => `\${__field.labels.${labels(label)}:percentencode}`;
