import { expect, it } from 'vitest';
import { nameText } from '../../src/reading/names.ts';
import { OTHER } from '../../src/session/client.ts';

it('what all unverified names are counted as is no name to read', () => {
  expect(nameText(OTHER)).toBe('unknown names');
  expect(nameText('cursor')).toBe('cursor');
});
