import { getStringListFromEnv } from '@opentelemetry/core';
import {
  defaultResource,
  detectResources,
  envDetector,
  hostDetector,
  osDetector,
  processDetector,
  resourceFromAttributes,
  type Resource,
  type ResourceDetector,
} from '@opentelemetry/resources';

export interface ResourceOptions {
  serviceName: string;
  /** The name takes precedence over `OTEL_SERVICE_NAME`. */
  serviceNameWins: boolean;
  version: string;
  /** Stays the same for the life of the process, even when the observer restarts. */
  instance: string;
}

const DETECTORS: Readonly<Record<string, readonly ResourceDetector[]>> = {
  process: [processDetector],
  host: [hostDetector],
  os: [osDetector],
  all: [processDetector, hostDetector, osDetector],
};

/**
 * Describes the exporting process: our name, version and instance, which `OTEL_RESOURCE_ATTRIBUTES` and
 * `OTEL_SERVICE_NAME` may override. The detectors for process, host and os would reveal command lines and user names, so
 * only those named in `OTEL_NODE_RESOURCE_DETECTORS` run.
 */
export function createResource(options: ResourceOptions): Resource {
  const named = { 'service.name': options.serviceName };
  const asked = (getStringListFromEnv('OTEL_NODE_RESOURCE_DETECTORS') ?? []).flatMap((name) => DETECTORS[name] ?? []);
  const resource = defaultResource()
    .merge(
      resourceFromAttributes({ ...named, 'service.version': options.version, 'service.instance.id': options.instance }),
    )
    .merge(detectResources({ detectors: [...asked, envDetector] }));
  return options.serviceNameWins ? resource.merge(resourceFromAttributes(named)) : resource;
}
