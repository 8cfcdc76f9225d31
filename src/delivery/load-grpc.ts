/**
 * Loads a module that brings gRPC. That gives an IP address as a TLS server name, and Node prints a deprecation (DEP0123), which
 * nobody who runs mcpspan can do anything about.
 */
export function loadGrpc<Module>(load: () => Promise<Module>): Promise<Module> {
  process.noDeprecation = true;
  return load();
}
