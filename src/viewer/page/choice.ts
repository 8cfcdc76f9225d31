import { h, type VirtualElement } from './element.ts';

/** A list to choose from. @param label for people who do not see it */
export const select = (
  label: string,
  value: string,
  options: readonly { value: string; title: string }[],
  choose: (value: string) => void,
): VirtualElement =>
  h(
    'select',
    {
      key: label,
      'aria-label': label,
      value,
      on: { change: (event) => event.target instanceof HTMLSelectElement && choose(event.target.value) },
    },
    options.map((option) =>
      h('option', { key: option.value, value: option.value, selected: option.value === value }, option.title),
    ),
  );
