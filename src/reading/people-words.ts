import type { PeopleFigures } from '../store/people-rows.ts';
import { count, NONE } from './figures.ts';
import type { SharedColumn } from './column.ts';

/** From here on a figure is called an estimate: below, it is exact but for one case in a hundred. */
const ABOUT_FROM = 10;

const about = (number: number): string => `${number < ABOUT_FROM ? '' : '≈ '}${count(number)}`;

/** `3`, `≈ 40`: people, by their credentials; `≈ 7 conv.` where only conversations are known. */
export const peopleInWords = ({ people, conversations }: PeopleFigures): string =>
  people !== undefined ? about(people) : conversations !== undefined ? `${about(conversations)} conv.` : NONE;

/** Who uses a client or a tool. */
export const peopleColumn = <Row extends PeopleFigures>(): SharedColumn<Row> => ({
  id: 'people',
  title: 'people',
  hint: 'About how many different credentials made tool calls, counted by the day (UTC); conv.: only conversations are known',
  side: 'right',
  value: ({ people, conversations }) => people ?? conversations,
  text: peopleInWords,
});

/** Where nobody could be told apart, a column says nothing. */
export const knowsPeople = (rows: readonly PeopleFigures[]): boolean =>
  rows.some(({ people, conversations }) => people !== undefined || conversations !== undefined);
