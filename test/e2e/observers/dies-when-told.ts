import '../../../src/observer/observer.ts';

// Our own observer, which dies when another thread of this process sends a message.
const channel = new BroadcastChannel('mcpspan-test-kill-observer');
channel.onmessage = () => process.exit(1);
