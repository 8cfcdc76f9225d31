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
  /** The name is to win over `OTEL_SERVICE_NAME`. */
  serviceNameWins: boolean;
  version: string;
  /** One for the life of the process, also when the observer is started again. */
  instance: string;
}

const DETECTORS: Readonly<Record<string, readonly ResourceDetector[]>> = {
  process: [processDetector],
  host: [hostDetector],
  os: [osDetector],
  all: [processDetector, hostDetector, osDetector],
};

/**
 * Who exports: our name, version and instance, under what `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` say. The
 * detectors for process, host and os would tell command lines and user names: only those are used that
 * `OTEL_NODE_RESOURCE_DETECTORS` asks for.
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
