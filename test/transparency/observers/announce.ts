/** How a faulty observer tells the test, on another thread of the same process, that its fault has come about. */
export const FAULT_CHANNEL = 'mcpspan-test-observer-fault';

export function announceFault(): void {
  const channel = new BroadcastChannel(FAULT_CHANNEL);
  channel.postMessage('fault');
  channel.close();
}
