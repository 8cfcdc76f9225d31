const ID = '{traceId}';
/** Stands for the id where `{traceId}` would be percent-encoded. */
const PLACEHOLDER = 'trace-id-goes-here';

/**
 * The address of a trace, with `{traceId}` for its id. A link that holds `{traceId}` is used unchanged. For Grafana the address
 * of its Explore page is enough (the data source's uid is then `tempo`); any other address is taken for Jaeger's.
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
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/trace/${PLACEHOLDER}`;
  return url.href.replace(PLACEHOLDER, ID);
}
