import { announceFault } from './announce.ts';

announceFault();
throw new Error('this observer throws at start');
