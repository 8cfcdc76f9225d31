/** Deletes the oldest entries until at most `max` are left. */
export function keepNewest<Key>(entries: Pick<Map<Key, unknown>, 'size' | 'keys' | 'delete'>, max: number): void {
  if (entries.size <= max) return;
  for (const oldest of entries.keys()) {
    entries.delete(oldest);
    if (entries.size <= max) return;
  }
}
