import '../../../src/observer/observer.ts';
import { announceFault } from './announce.ts';

// Our own observer, dying again and again under its work.
setTimeout(() => {
  announceFault();
  throw new Error('this observer throws while it reads');
}, 30);
