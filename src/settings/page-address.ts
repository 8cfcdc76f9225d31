import { addressText, isLoopbackName } from '../transport/names.ts';
import type { SettingsOf } from './command-settings.ts';

type PageAddress = Pick<SettingsOf<'page'>, 'page' | 'page-token'>;

/** Explains why a page that other machines can reach needs a token; undefined: it has one, or they cannot. */
export function openPage({ page, 'page-token': token }: PageAddress): string | undefined {
  return page === undefined || token !== undefined || isLoopbackName(page.host)
    ? undefined
    : `--page ${addressText(page)} can be reached from elsewhere: give --page-token TOKEN too, or listen on 127.0.0.1`;
}

/** The URL of the page for people. A token is only hinted at: what is printed is kept in logs. */
export const pageText = (url: string, token: string | undefined): string =>
  token === undefined ? url : `${url}/?token=TOKEN (TOKEN is the value of --page-token)`;

export function checkPage(settings: PageAddress, problems: string[]): void {
  const open = openPage(settings);
  if (open !== undefined) problems.push(open);
}
