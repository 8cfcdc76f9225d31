import { h, type VirtualElement } from './element.ts';

const TOLD_MS = 1_200;

/** A button that copies a text. `what`: for people who do not see it, as in `Copy the session id`. */
export const copyButton = (text: string, what: string): VirtualElement =>
  h(
    'button',
    {
      type: 'button',
      class: 'plain copy',
      'aria-label': `Copy ${what}`,
      title: `Copy ${what}`,
      on: { click: ({ currentTarget }) => void copy(text, currentTarget) },
    },
    'copy',
  );

async function copy(text: string, button: EventTarget | null): Promise<void> {
  const done = await written(text);
  if (!(button instanceof HTMLElement)) return;
  button.dataset['told'] = done ? 'copied' : 'cannot copy';
  setTimeout(() => delete button.dataset['told'], TOLD_MS);
}

async function written(text: string): Promise<boolean> {
  // Without HTTPS, a page has a clipboard on loopback only.
  if (!isSecureContext) return writtenBySelection(text);
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    console.info('the browser does not let this page copy', error);
    return writtenBySelection(text);
  }
}

function writtenBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}
