import { describe, expect, it } from 'vitest';
import { traceTemplate } from '../../src/viewer/trace-link.ts';

describe('a link to a trace', () => {
  it('goes to Jaeger, where the address is the base of one', () => {
    expect(traceTemplate('http://localhost:16686')).toBe('http://localhost:16686/trace/{traceId}');
    expect(traceTemplate('https://traces.example/jaeger/')).toBe('https://traces.example/jaeger/trace/{traceId}');
  });

  it('is used unchanged, where it says where the id goes', () => {
    const link = 'https://apm.example/t?id={traceId}&x=1';
    expect(traceTemplate(link)).toBe(link);
  });

  it("asks Grafana's data source for traces by the id, when it is its Explore page", () => {
    const link = traceTemplate('http://localhost:3001/explore?orgId=1');
    expect(link).toContain('{traceId}');
    const url = new URL(link.replace('{traceId}', 'abc'));
    expect(url.origin + url.pathname).toBe('http://localhost:3001/explore');
    expect(url.searchParams.get('orgId')).toBe('1');
    expect(JSON.parse(url.searchParams.get('panes') ?? '')).toMatchObject({
      mcpspan: { datasource: 'tempo', queries: [{ query: 'abc', datasource: { type: 'tempo', uid: 'tempo' } }] },
    });
  });
});
