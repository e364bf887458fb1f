// SPDX-License-Identifier: BSD-3-Clause
// The list of runs as nodes.

import { make, setText } from '../dom.js';
import type { Answer, Run } from './api.js';
import { GROUPS, type Group, grouped, TITLES } from './groups.js';
import { type Actions, Row } from './row.js';
import { clusterText, EMPTY, LOOKING } from './words.js';

export class Board {
  readonly node = make('div', 'rdf-live-runs');
  readonly #actions: Actions;
  readonly #message = make('p', 'rdf-live-runs-message', LOOKING);
  readonly #clusters = make('ul', 'rdf-live-runs-clusters');
  readonly #sections: Record<Group, Section>;
  #rows = new Map<string, Row>();
  #answer: Answer | null = null;

  constructor(actions: Actions) {
    this.#actions = actions;
    this.#sections = {
      running: new Section('running'),
      ended: new Section('ended'),
      gone: new Section('gone'),
    };
    this.#message.setAttribute('role', 'status');
    this.#clusters.setAttribute('aria-label', 'Clusters that cannot be reached');
    this.node.append(
      make('h2', 'rdf-live-runs-title', 'Runs'),
      this.#message,
      this.#clusters,
      ...GROUPS.map((group) => this.#sections[group].node),
    );
    this.#clusters.hidden = true;
  }

  /** Show an answer of the server. */
  show(answer: Answer): void {
    this.#answer = answer;
    this.#say(answer.runs.length ? '' : EMPTY);
    this.refresh();
  }

  /** The server could not be asked: what was known stays, with a word about it. */
  fail(sentence: string): void {
    this.#say(sentence);
  }

  /** Show again what is known: the notebooks of the page may have changed. */
  refresh(): void {
    const answer = this.#answer;
    if (!answer) return;
    const now = Date.now() / 1000;
    const focused = [...this.#rows.values()].find((row) => row.focused);
    const old = this.#rows;
    this.#rows = new Map(answer.runs.map((run) => [run.id, old.get(run.id) ?? new Row(run, this.#actions)]));
    for (const run of answer.runs) this.#rows.get(run.id)?.update(run, now);
    const groups = grouped(answer.runs);
    for (const group of GROUPS) this.#sections[group].show(groups[group].map((run) => this.#node(run)));
    if (focused && !focused.focused) focused.focus();
    const away = answer.clusters.filter((cluster) => !cluster.reachable).map((cluster) => clusterText(cluster, now));
    this.#clusters.hidden = !away.length;
    if (away.join('\n') !== [...this.#clusters.children].map((node) => node.textContent).join('\n')) {
      this.#clusters.replaceChildren(...away.map((words) => make('li', '', words)));
    }
  }

  #node(run: Run): Node {
    return (this.#rows.get(run.id) as Row).node;
  }

  #say(sentence: string): void {
    this.#message.hidden = !sentence;
    setText(this.#message, sentence);
  }
}

class Section {
  readonly node: HTMLElement;
  readonly #title: HTMLElement;
  readonly #list = make('ul', 'rdf-live-runs-list');

  constructor(readonly group: Group) {
    this.#title = make(group === 'gone' ? 'summary' : 'h3', 'rdf-live-runs-group');
    // Of clusters that ended with their notebooks there may be many, and nothing can be done about them: they are folded.
    this.node = make(group === 'gone' ? 'details' : 'section', 'rdf-live-runs-section', this.#title, this.#list);
    this.#list.setAttribute('aria-label', `${TITLES[group]} runs`);
    this.node.hidden = true;
  }

  show(rows: readonly Node[]): void {
    this.node.hidden = !rows.length;
    setText(this.#title, `${TITLES[this.group]} (${rows.length})`);
    // Nodes that stay where they are keep the keyboard and what is selected in them.
    for (const [i, row] of rows.entries()) {
      if (this.#list.children[i] !== row) this.#list.insertBefore(row, this.#list.children[i] ?? null);
    }
    while (this.#list.children.length > rows.length) this.#list.lastElementChild?.remove();
  }
}
