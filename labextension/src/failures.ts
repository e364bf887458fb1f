// SPDX-License-Identifier: BSD-3-Clause
// Ranges that failed for good: a line for each, which unfolds.

import { make, setText } from './dom.js';
import type { Failure, Frame } from './frame.js';

/** One line: "range 7 failed after 3 attempts: RuntimeError: ..." */
export function failureLine(failure: Failure): string {
  const attempts = failure.attempts > 1 ? ` after ${failure.attempts} attempts` : '';
  const first = failure.message.trim().split('\n', 1)[0] ?? '';
  return `range ${failure.range} failed${attempts}: ${failure.type}${first ? `: ${first}` : ''}`;
}

export class Failures {
  readonly node = make('section', 'rdf-live-failures');
  readonly #title = make('div', 'rdf-live-failures-title');
  readonly #rest = make('div', 'rdf-live-details');
  readonly #rows: { key: string; node: HTMLElement }[] = [];

  constructor() {
    this.node.setAttribute('aria-label', 'failed ranges');
    this.node.append(this.#title, this.#rest);
  }

  update(frame: Frame): void {
    const { failures, failuresTotal, run, progress } = frame;
    this.node.hidden = failuresTotal === 0;
    const ranges = failuresTotal === 1 ? '1 range failed' : `${failuresTotal} ranges failed`;
    // Before the end the others may still fail, or be cancelled.
    const some = run.state === 'failed' && (progress?.committed ?? 0) > 0;
    const kept = some || run.state === 'done' || run.state === 'stopped';
    setText(this.#title, kept ? `${ranges}; the others are kept` : ranges);
    failures.forEach((failure, index) => {
      const key = JSON.stringify(failure);
      const old = this.#rows[index];
      if (old?.key === key) return; // a row that somebody has opened stays open
      const node = row(failure);
      this.#rows[index] = { key, node };
      if (old) old.node.replaceWith(node);
      else this.node.insertBefore(node, this.#rest);
    });
    for (const gone of this.#rows.splice(failures.length)) gone.node.remove();
    const more = failuresTotal - failures.length;
    setText(this.#rest, more > 0 ? `and ${more} more` : '');
  }
}

function row(failure: Failure): HTMLElement {
  const list = make('dl', '');
  const add = (name: string, value: Node | string) => list.append(make('dt', '', name), make('dd', '', value));
  add(failure.files.length === 1 ? 'file' : 'files', failure.files.join('\n') || 'unknown');
  const [first, end] = failure.entries ?? [0, 0];
  add('entries', end > first ? `${count(first)} to ${count(end - 1)}` : 'unknown');
  if (failure.worker) add('worker', failure.worker);
  add('error', make('pre', '', failure.message || failure.type));
  return make('details', 'rdf-live-failure', make('summary', '', failureLine(failure)), list);
}

function count(value: number): string {
  return value.toLocaleString('en');
}
