// SPDX-License-Identifier: BSD-3-Clause
// A strip with one mark for each range of the data (or for a few of them): how far each is, side by side.

import { make, setAttribute } from './dom.js';
import type { Frame } from './frame.js';

/** More marks than this are no message of ours. */
const MOST = 200;

/** One value per mark, from pairs of a value and how often it comes. */
export function unfold(marks: Frame['marks']): number[] {
  const values: number[] = [];
  for (const [value, count] of marks) {
    for (let i = 0; i < count && values.length < MOST; i++) values.push(value);
  }
  return values;
}

/** What the strip shows, in words. */
export function stripText({ progress, marksPer }: Frame): string {
  if (!progress?.ranges) return 'no ranges yet';
  const { ranges, committed, running, waiting, failed } = progress;
  const counts = [
    [committed, 'complete'],
    [running, 'running'],
    [waiting, 'waiting'],
    [failed, 'failed'],
  ] as const;
  const told = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const per = marksPer > 1 ? `; each mark stands for ${Math.round(marksPer)} ranges` : '';
  return `${ranges} ${ranges === 1 ? 'range' : 'ranges'}: ${told.join(', ')}${per}`;
}

export class Strip {
  readonly node = make('div', 'rdf-live-strip');
  readonly #shown: number[] = [];

  constructor() {
    this.node.setAttribute('role', 'img');
  }

  update(frame: Frame): void {
    const values = unfold(frame.marks);
    this.node.hidden = values.length === 0;
    while (this.#shown.length > values.length) {
      this.#shown.pop();
      this.node.lastChild?.remove();
    }
    values.forEach((value, index) => {
      if (this.#shown[index] === value) return;
      if (this.#shown[index] === undefined) this.node.append(make('span', 'rdf-live-mark', make('span')));
      this.#shown[index] = value;
      const mark = this.node.children[index] as HTMLElement;
      mark.className = `rdf-live-mark ${value < 0 ? 'rdf-live-failed' : value >= 1 ? 'rdf-live-committed' : ''}`.trim();
      (mark.firstElementChild as HTMLElement).style.height = `${100 * (value < 0 ? 1 : Math.min(1, value))}%`;
    });
    const text = stripText(frame);
    setAttribute(this.node, 'aria-label', text);
    setAttribute(this.node, 'title', text);
  }
}
