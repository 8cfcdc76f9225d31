import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** Template variables choose the data sources; provisioning/datasources sets up the defaults. */
export const PROMETHEUS: DataSourceRef = { type: 'prometheus', uid: '${datasource}' };
export const TEMPO: DataSourceRef = { type: 'tempo', uid: '${tempo}' };
export const JAEGER: DataSourceRef = { type: 'jaeger', uid: '${jaeger}' };
