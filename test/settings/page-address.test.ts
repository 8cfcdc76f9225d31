import { expect, it } from 'vitest';
import { pageText } from '../../src/settings/page-address.ts';

it('the URL of a page with a token says how it is opened, and not the token: what is printed is kept in logs', () => {
  expect(pageText('http://localhost:4101', 'secret')).toBe(
    'http://localhost:4101/?token=TOKEN (TOKEN is the value of --page-token)',
  );
  expect(pageText('http://localhost:4101', undefined)).toBe('http://localhost:4101');
});
