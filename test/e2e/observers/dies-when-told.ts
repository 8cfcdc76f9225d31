import '../../../src/observer/observer.ts';

// Our own observer, until somebody on another thread of this process says a word.
const channel = new BroadcastChannel('mcpspan-test-kill-observer');
channel.onmessage = () => process.exit(1);
