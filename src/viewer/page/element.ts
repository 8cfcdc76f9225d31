/** What is to be shown: texts are only ever texts, never markup. */
export interface VirtualElement {
  tag: string;
  props: Props;
  children: readonly Child[];
}

export type Child = VirtualElement | string;
export type Children = Child | number | false | undefined | readonly Children[];

/** Something that draws itself: a chart. */
export interface Island<Data> {
  update(data: Data): void;
  destroy(): void;
}

export interface Props {
  /** Among its siblings: what was there before is kept, with its focus and its scrolling. */
  key?: string | number;
  /** Set as attributes; undefined and false are left out. */
  [attribute: string]: unknown;
  on?: Readonly<Record<string, (event: Event) => void>>;
  /** Custom properties, for positions and sizes. */
  vars?: Readonly<Record<string, string>>;
  island?: { create(element: HTMLElement): Island<unknown>; data: unknown };
}

const SVG = 'http://www.w3.org/2000/svg';
const SVG_TAGS = new Set(['svg', 'path', 'circle', 'polyline']);
const NOT_ATTRIBUTES = new Set(['key', 'on', 'vars', 'island']);

export function h(tag: string, props: Props = {}, ...children: readonly Children[]): VirtualElement {
  return { tag, props, children: flat(children) };
}

function flat(children: readonly Children[]): Child[] {
  return children.flatMap((child): Child[] => {
    if (child === undefined || child === false) return [];
    if (typeof child === 'number') return [String(child)];
    if (typeof child === 'string') return [plain(child)];
    return isList(child) ? flat(child) : [child];
  });
}

/** Characters that turn round the direction of what follows: a name shall not rearrange the sentence it stands in. */
const plain = (text: string): string => text.replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '\uFFFD');

const isList = (child: Exclude<Children, number | false | undefined>): child is readonly Children[] =>
  Array.isArray(child);

/** What was last shown by an element that `show` made. */
interface Shown {
  props: Props;
  island: Island<unknown> | undefined;
  handle: ((event: Event) => void) | undefined;
}

const shown = new WeakMap<Element, Shown>();

/** Makes the content of an element what it is to be: only what differs is touched, and the focus stays where it is. */
export function show(parent: Element, ...children: readonly Children[]): void {
  const focused = document.activeElement;
  patchChildren(parent, flat(children));
  // To move an element takes the focus from it.
  if (focused instanceof HTMLElement && focused !== document.activeElement && parent.contains(focused))
    focused.focus({ preventScroll: true });
}

function patchChildren(parent: Element, children: readonly Child[]): void {
  const keyed = new Map<string | number, Element>();
  for (const element of parent.children) {
    const key = shown.get(element)?.props.key;
    if (key !== undefined) keyed.set(key, element);
  }
  // What goes, goes first: else all that follows it would be moved.
  const wanted = new Set(children.map((child) => (typeof child === 'string' ? undefined : child.props.key)));
  for (const [key, element] of keyed) {
    if (wanted.has(key)) continue;
    destroy(element);
    element.remove();
  }
  let next: ChildNode | null = parent.firstChild;
  for (const child of children) {
    const node = reuse(next, child, keyed);
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

/** Where the browser can, an element is moved with its focus and its scrolling. */
function place(parent: Element, node: ChildNode, next: ChildNode | null): void {
  if (node.parentNode === parent && 'moveBefore' in parent && typeof parent.moveBefore === 'function')
    parent.moveBefore(node, next);
  else parent.insertBefore(node, next);
}

/** The node that shows a child: the next one where it can, one with its key, or a new one. */
function reuse(next: ChildNode | null, child: Child, keyed: Map<string | number, Element>): ChildNode {
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
    shown.get(known)?.props.key === key &&
    shown.has(known);
  // The same key twice is not the same element twice.
  if (fits && key !== undefined) keyed.delete(key);
  const element = fits ? known : createElement(child.tag);
  update(element, child);
  return element;
}

function createElement(tag: string): Element {
  const element = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  shown.set(element, { props: {}, island: undefined, handle: undefined });
  return element;
}

function update(element: Element, { props, children }: VirtualElement): void {
  const before = shown.get(element);
  if (before === undefined) return;
  for (const name of Object.keys(before.props)) {
    if (!NOT_ATTRIBUTES.has(name) && !isSet(props[name])) element.removeAttribute(name);
  }
  for (const [name, value] of Object.entries(props)) {
    if (NOT_ATTRIBUTES.has(name) || !isSet(value)) continue;
    const text = value === true ? '' : plain(String(value));
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
    // What its user chose is no longer what the attribute says.
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

/** One listener for each event: what it does is looked up when it happens. */
function listen(element: Element, before: Shown, { on = {} }: Props): void {
  const names = Object.keys(on);
  const known = Object.keys(before.props.on ?? {});
  before.handle ??= (event) => shown.get(element)?.props.on?.[event.type]?.(event);
  for (const name of names) if (!known.includes(name)) element.addEventListener(name, before.handle);
  for (const name of known) if (!names.includes(name)) element.removeEventListener(name, before.handle);
}

function destroy(node: ChildNode): void {
  if (!(node instanceof Element)) return;
  shown.get(node)?.island?.destroy();
  for (const child of node.children) destroy(child);
}
