import { plainLines } from '../../reading/plain.ts';

/** An element of the page. Texts become text nodes, never markup. */
export interface VirtualElement {
  tag: string;
  props: Props;
  children: readonly Child[];
}

export type Child = VirtualElement | string;
export type Children = Child | number | false | undefined | readonly Children[];

/** Something that draws itself, such as a chart. */
export interface Island<Data> {
  update(data: Data): void;
  destroy(): void;
}

export interface Props {
  /** Names the element among its siblings: the DOM element of that key is kept, with its focus and its scroll position. */
  key?: string | number;
  /** Set as an attribute; undefined and false are left out. */
  [attribute: string]: unknown;
  on?: Readonly<Record<string, (event: Event) => void>>;
  /** Custom properties, for positions and sizes. */
  vars?: Readonly<Record<string, string>>;
  island?: { create(element: HTMLElement): Island<unknown>; data: unknown };
}

const SVG = 'http://www.w3.org/2000/svg';
const NOT_ATTRIBUTES = new Set(['key', 'on', 'vars', 'island']);

export function h(tag: string, props: Props = {}, ...children: readonly Children[]): VirtualElement {
  return { tag, props, children: flat(children) };
}

function flat(children: readonly Children[]): Child[] {
  return children.flatMap((child): Child[] => {
    if (child === undefined || child === false) return [];
    if (typeof child === 'number') return [String(child)];
    if (typeof child === 'string') return [plainLines(child)];
    return isList(child) ? flat(child) : [child];
  });
}

/** The text of what is drawn. */
export const textOf = (...children: readonly Children[]): string =>
  flat(children)
    .map((child) => (typeof child === 'string' ? child : textOf(child.children)))
    .join('');

const isList = (child: Exclude<Children, number | false | undefined>): child is readonly Children[] =>
  Array.isArray(child);

/** The state of an element that `render` made. */
interface Rendered {
  props: Props;
  island: Island<unknown> | undefined;
  handle: ((event: Event) => void) | undefined;
}

const rendered = new WeakMap<Element, Rendered>();

/** Gives an element new content. Only differences are written to the DOM, and the focus stays where it is. */
export function render(parent: Element, ...children: readonly Children[]): void {
  const focused = document.activeElement;
  patchChildren(parent, flat(children));
  // An element that is moved loses the focus.
  if (canFocus(focused) && focused !== document.activeElement && parent.contains(focused))
    focused.focus({ preventScroll: true });
}

const canFocus = (element: Element | null): element is HTMLElement | SVGElement =>
  element instanceof HTMLElement || element instanceof SVGElement;

function patchChildren(parent: Element, children: readonly Child[]): void {
  const keyed = new Map<string | number, Element>();
  for (const element of parent.children) {
    const key = rendered.get(element)?.props.key;
    if (key !== undefined) keyed.set(key, element);
  }
  // Elements that go are removed first: else all that follow would be moved.
  const wanted = new Set(children.map((child) => (typeof child === 'string' ? undefined : child.props.key)));
  for (const [key, element] of keyed) {
    if (wanted.has(key)) continue;
    destroy(element);
    element.remove();
  }
  let next: ChildNode | null = parent.firstChild;
  for (const child of children) {
    const node = reuse(next, child, keyed, parent);
    if (node === next) next = node.nextSibling;
    else place(parent, node, next);
  }
  while (next !== null) {
    const gone = next;
    next = next.nextSibling;
    destroy(gone);
    gone.remove();
  }
}

/** Moves a node; where the browser can, with its focus and its scroll position. */
function place(parent: Element, node: ChildNode, next: ChildNode | null): void {
  if (node.parentNode === parent && 'moveBefore' in parent && typeof parent.moveBefore === 'function')
    parent.moveBefore(node, next);
  else parent.insertBefore(node, next);
}

/** The node for a child: the next one where it fits, the one of its key, or a new one. */
function reuse(next: ChildNode | null, child: Child, keyed: Map<string | number, Element>, parent: Element): ChildNode {
  if (typeof child === 'string') {
    if (next?.nodeType !== Node.TEXT_NODE) return document.createTextNode(child);
    if (next.nodeValue !== child) next.nodeValue = child;
    return next;
  }
  const { key } = child.props;
  const known = key === undefined ? next : (keyed.get(key) ?? null);
  const fits =
    known instanceof Element &&
    known.localName === child.tag &&
    rendered.get(known)?.props.key === key &&
    rendered.has(known);
  // A second child of the same key gets an element of its own.
  if (fits && key !== undefined) keyed.delete(key);
  const element = fits ? known : createElement(child.tag, parent);
  update(element, child);
  return element;
}

/** Within a picture, every element is one of SVG. */
function createElement(tag: string, parent: Element): Element {
  const inPicture = tag === 'svg' || parent instanceof SVGElement;
  const element = inPicture ? document.createElementNS(SVG, tag) : document.createElement(tag);
  rendered.set(element, { props: {}, island: undefined, handle: undefined });
  return element;
}

function update(element: Element, { props, children }: VirtualElement): void {
  const before = rendered.get(element);
  if (before === undefined) return;
  for (const name of Object.keys(before.props)) {
    if (!NOT_ATTRIBUTES.has(name) && !isSet(props[name])) element.removeAttribute(name);
  }
  for (const [name, value] of Object.entries(props)) {
    if (NOT_ATTRIBUTES.has(name) || !isSet(value)) continue;
    const text = value === true ? '' : plainLines(String(value));
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
    // Once the user has chosen, the attribute no longer sets the value.
    if (name === 'value' && element instanceof HTMLSelectElement) queueMicrotask(() => (element.value = text));
  }
  if (props.vars !== undefined && (element instanceof HTMLElement || element instanceof SVGElement)) {
    for (const [name, value] of Object.entries(props.vars)) element.style.setProperty(name, value);
  }
  listen(element, before, props);
  before.props = props;
  if (props.island === undefined) patchChildren(element, children);
  else if (element instanceof HTMLElement) {
    before.island ??= props.island.create(element);
    before.island.update(props.island.data);
  }
}

const isSet = (value: unknown): boolean => value !== undefined && value !== false;

/** Adds one listener per event, which looks up its handler when the event happens. */
function listen(element: Element, before: Rendered, { on = {} }: Props): void {
  const names = Object.keys(on);
  const known = Object.keys(before.props.on ?? {});
  before.handle ??= (event) => rendered.get(element)?.props.on?.[event.type]?.(event);
  for (const name of names) if (!known.includes(name)) element.addEventListener(name, before.handle);
  for (const name of known) if (!names.includes(name)) element.removeEventListener(name, before.handle);
}

function destroy(node: ChildNode): void {
  if (!(node instanceof Element)) return;
  rendered.get(node)?.island?.destroy();
  for (const child of node.children) destroy(child);
}
