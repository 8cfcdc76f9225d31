/** Forgets the entries that were added first, until no more than `most` are left. */
export function keepNewest<Key>(entries: Pick<Map<Key, unknown>, 'size' | 'keys' | 'delete'>, most: number): void {
  if (entries.size <= most) return;
  for (const oldest of entries.keys()) {
    entries.delete(oldest);
    if (entries.size <= most) return;
  }
}
