import type { PictureElement } from '../../reading/lanes/picture-element.ts';
import { plain } from '../../reading/plain.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text from elsewhere, made safe for markup. */
export const escaped = (text: string): string =>
  plain(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

/** A picture as markup. */
export function markupOf({ tag, attributes, children }: PictureElement): string {
  const own = Object.entries(attributes)
    .filter(([name, value]) => name !== 'key' && value !== undefined)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('');
  if (children.length === 0) return `<${tag}${own}/>`;
  const inner = children.map((child) => (typeof child === 'string' ? escaped(child) : markupOf(child)));
  return `<${tag}${own}>${inner.join('')}</${tag}>`;
}
