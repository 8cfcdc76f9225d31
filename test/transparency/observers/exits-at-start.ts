import { announceFault } from './announce.ts';

announceFault();
process.exit(1);
