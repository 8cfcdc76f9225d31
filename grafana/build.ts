import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderAlerts } from './alerts/render.ts';
import { renderDashboards } from './dashboards/render.ts';

// Alerts link to panels by the ids in the built dashboards: those come first.
for (const render of [renderDashboards, renderAlerts]) {
  for (const { path, text } of render()) writeFileSync(join(import.meta.dirname, path), text);
}
