// SPDX-License-Identifier: BSD-3-Clause
// Results that are numbers, and cut-flow tables.

import { make } from './dom.js';
import type { Frame, Report } from './frame.js';
import { titleNodes } from './latex.js';
import { percent } from './text.js';

export class Numbers {
  readonly node = make('section', 'rdf-live-numbers');
  #shown = '';

  constructor() {
    this.node.setAttribute('aria-label', 'numbers');
  }

  update({ numbers, reports }: Frame): void {
    const key = JSON.stringify([numbers, reports]);
    if (key === this.#shown) return;
    this.#shown = key;
    this.node.hidden = !numbers.length && !reports.length;
    const rows = numbers.map(({ label, text }) =>
      make('tr', '', make('th', '', titleNodes(label)), make('td', '', text)),
    );
    const tables = reports.map(cutFlow);
    if (rows.length) tables.unshift(make('table', 'rdf-live-table', make('tbody', '', ...rows)));
    this.node.replaceChildren(...tables);
    for (const header of this.node.querySelectorAll('tbody th')) header.setAttribute('scope', 'row');
  }
}

/** Of each cut: how many entries pass, of how many, and the part of those that came to the first one. */
function cutFlow(report: Report): HTMLTableElement {
  const first = report.cuts[0]?.all ?? 0;
  const rows = report.cuts.map(({ name, pass, all }) => {
    const cells = [pass.toLocaleString('en'), all.toLocaleString('en'), part(pass, all), part(pass, first)];
    return make('tr', '', make('th', '', name), ...cells.map((text) => make('td', '', text)));
  });
  const head = ['cut', 'pass', 'of', 'efficiency', 'in all'].map((name) => make('th', '', name));
  return make(
    'table',
    'rdf-live-table',
    make('caption', '', titleNodes(report.label)),
    make('thead', '', make('tr', '', ...head)),
    make('tbody', '', ...rows),
  );
}

function part(pass: number, all: number): string {
  return all ? percent(pass / all) : '–';
}
