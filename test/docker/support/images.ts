import { service } from '../../deploy/compose.ts';
import { baseImages } from '../../deploy/dockerfile.ts';
import { at, text } from '../../deploy/yaml.ts';

const imageOf = (name: string): string => text(at(service(name).raw, 'image'));

/** The commit that the image is labelled with. */
export const REVISION = '0123abc';
export const IMAGE = imageOf('mcpspan');
export const COLLECTOR_IMAGE = imageOf('collector');
export const [NODE_IMAGE = ''] = baseImages('Dockerfile');
