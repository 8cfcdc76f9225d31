/** Why listening on an address failed, and which option helps; undefined: the error is a different one. */
export function addressTrouble(error: unknown): string | undefined {
  if (!(error instanceof Error && 'syscall' in error && error.syscall === 'listen')) return undefined;
  const code = 'code' in error ? error.code : undefined;
  const address =
    'address' in error && 'port' in error ? `${String(error.address)}:${String(error.port)}` : 'the address';
  if (code === 'EADDRINUSE')
    return `${address} is in use; choose another with --listen HOST:PORT (port 0: any free one)`;
  if (code === 'EACCES') return `no permission to listen on ${address}; choose a port of 1024 or above with --listen`;
  return `cannot listen on ${address} (${String(code)}); choose another address with --listen`;
}
