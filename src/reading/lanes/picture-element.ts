/** An element of SVG, for whoever makes elements or markup of it. */
export interface PictureElement {
  tag: string;
  attributes: Readonly<Record<string, string | number | undefined>>;
  children: readonly (PictureElement | string)[];
}

export const element = (
  tag: string,
  attributes: PictureElement['attributes'],
  ...children: PictureElement['children']
): PictureElement => ({ tag, attributes, children });

/** A link around a part of a picture; without an address only the part. */
export const linked = (
  href: string | undefined,
  attributes: PictureElement['attributes'],
  ...children: PictureElement['children']
): PictureElement => {
  if (href !== undefined) return element('a', { ...attributes, href }, ...children);
  // Nothing but a link takes a name and the focus.
  const { 'aria-label': _name, tabindex: _stop, ...rest } = attributes;
  const inText = children.some((child) => typeof child !== 'string' && child.tag === 'tspan');
  return element(inText ? 'tspan' : 'g', rest, ...children);
};
