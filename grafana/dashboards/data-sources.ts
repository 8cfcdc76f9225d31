import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** Data sources are chosen by template variables; their defaults are what provisioning/datasources sets up. */
export const PROMETHEUS: DataSourceRef = { type: 'prometheus', uid: '${datasource}' };
export const TEMPO: DataSourceRef = { type: 'tempo', uid: '${tempo}' };
export const JAEGER: DataSourceRef = { type: 'jaeger', uid: '${jaeger}' };
