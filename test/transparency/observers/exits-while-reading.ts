import '../../../src/observer/observer.ts';
import { announceFault } from './announce.ts';

// Our own observer, killed again and again under its work.
setTimeout(() => {
  announceFault();
  process.exit(1);
}, 30);
