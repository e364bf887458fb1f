// SPDX-License-Identifier: BSD-3-Clause
// The only ways to make nodes here. Text always goes in as text: nothing of the data can become markup.

/** An element with a class and children; strings become text nodes. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** Set the text only where it differs: a page reader speaks, and the browser lays out, only what changed. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Set an attribute only where it differs. */
export function setAttribute(node: Element, name: string, value: string): void {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** A button that never submits a form around the notebook. */
export function button(label: string, className: string, onClick: () => void): HTMLButtonElement {
  const node = make('button', className, label);
  node.type = 'button';
  node.addEventListener('click', onClick);
  return node;
}
