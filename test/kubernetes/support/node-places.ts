import { basename } from 'node:path';

/** The folder of the node's files; only `test/kubernetes/run.ts` sets it. */
export const NODE_FOLDER_VARIABLE = 'MCPSPAN_TEST_NODE_FOLDER';

/** The node's address, in a network of its own. */
export const NODE_ADDRESS = '192.168.77.1';

export const CGROUPS = '/sys/fs/cgroup';
/** The group, in each hierarchy, that holds all pods of the node in this folder. */
export const cgroupOf = (folder: string): string => basename(folder);

/** Where containerd listens. */
export const CONTAINERD = '/run/containerd/containerd.sock';

/** The images that are made from this repository, since no registry is there to ask. */
export const IMAGES = { repository: 'mcpspan.test/image', tag: 'now', pause: 'mcpspan.test/pause:now' } as const;
