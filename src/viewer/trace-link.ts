const ID = '{traceId}';
/** Stands for it where it would be encoded. */
const PLACE = 'trace-id-goes-here';

/**
 * Where a trace is looked at, with `{traceId}` for its id. What has that in it is taken as it is; of Grafana its Explore page
 * is enough (the data source's uid is then `tempo`), of anything else its base, which is taken for Jaeger's.
 */
export function traceTemplate(link: string): string {
  if (link.includes(ID)) return link;
  const url = new URL(link);
  if (/\/explore\/?$/.test(url.pathname)) {
    const pane = {
      datasource: 'tempo',
      queries: [{ refId: 'A', datasource: { type: 'tempo', uid: 'tempo' }, queryType: 'traceql', query: ID }],
      range: { from: 'now-24h', to: 'now' },
    };
    url.searchParams.set('schemaVersion', '1');
    url.searchParams.set('panes', JSON.stringify({ mcpspan: pane }));
    return url.href.replace(encodeURIComponent(ID), ID);
  }
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/trace/${PLACE}`;
  return url.href.replace(PLACE, ID);
}
