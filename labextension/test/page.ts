// SPDX-License-Identifier: BSD-3-Clause
// A page for tests: jsdom, with sizes, for it lays nothing out.

import { JSDOM } from 'jsdom';

const { window } = new JSDOM('<!doctype html><body></body>', { pretendToBeVisual: true });
Object.assign(globalThis, { window, document: window.document });
for (const name of ['Node', 'Element', 'HTMLElement', 'SVGElement', 'Event'] as const) {
  Object.assign(globalThis, { [name]: window[name] });
}
for (const [name, value] of [
  ['clientWidth', 400],
  ['clientHeight', 270],
] as const) {
  Object.defineProperty(window.HTMLElement.prototype, name, { get: () => value, configurable: true });
}
window.Element.prototype.getBoundingClientRect = () =>
  ({ x: 0, y: 0, left: 0, top: 0, right: 400, bottom: 270, width: 400, height: 270, toJSON: () => '' }) as DOMRect;

/** Where there is no layout, JSROOT takes the size of a node from here. */
export function sized(node: HTMLElement): HTMLElement {
  node.setAttribute('width', '400');
  node.setAttribute('height', '270');
  return node;
}

/** A node of the page. */
export function place(): HTMLElement {
  const node = sized(document.createElement('div'));
  document.body.append(node);
  return node;
}

/** All promises that wait now, and timers of no delay. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
