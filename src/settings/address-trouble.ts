/** Why an address cannot be listened on, and which option mends that; undefined: it is not what went wrong. */
export function addressTrouble(error: unknown): string | undefined {
  if (!(error instanceof Error && 'syscall' in error && error.syscall === 'listen')) return undefined;
  const code = 'code' in error ? error.code : undefined;
  const address =
    'address' in error && 'port' in error ? `${String(error.address)}:${String(error.port)}` : 'the address';
  if (code === 'EADDRINUSE')
    return `${address} is in use; choose another with --listen HOST:PORT (port 0: any free one)`;
  if (code === 'EACCES') return `${address} may not be listened on; choose a port from 1024 on with --listen`;
  return `cannot listen on ${address} (${String(code)}); choose another address with --listen`;
}
