// SPDX-License-Identifier: BSD-3-Clause
// The whole panel: takes updates, keeps its nodes, and says in words what cannot be seen.

import { type Channel, type Command, Commands } from './commands.js';
import { make, setText } from './dom.js';
import { Failures } from './failures.js';
import { NotAFrame, readFrame } from './frame.js';
import { Header } from './header.js';
import type { LinkState } from './link.js';
import { Numbers } from './numbers.js';
import type { Drawer } from './pane.js';
import { Grid } from './plots.js';
import { merge, type PanelState } from './state.js';
import { Strip } from './strip.js';

export interface PanelOptions extends Channel {
  readonly load: () => Promise<Drawer>;
  readonly visible: (panes: number[]) => void;
}

/** What is said about the way to the kernel; nothing when all is well or nothing is left to happen. */
export function linkSentence(link: LinkState, run: string): string {
  const again = `rdf_live.attach("${run}", client=client) shows it again.`;
  if (link === 'waiting') return 'waiting for the kernel';
  if (link === 'lost') return `The kernel was restarted. If its cluster is still there, the run goes on: ${again}`;
  if (link === 'none') return `This is what was saved; no kernel is connected. If the run goes on, ${again}`;
  return '';
}

export class Panel {
  readonly node = make('div', 'rdf-live');
  readonly commands: Commands;
  readonly grid: Grid;
  readonly #header: Header;
  readonly #strip = new Strip();
  readonly #failures = new Failures();
  readonly #numbers = new Numbers();
  readonly #message = make('div', 'rdf-live-message');
  readonly #sentence = make('div', 'rdf-live-sentence');
  #state: PanelState | null = null;
  #link: LinkState = 'waiting';
  /** In the kernel's words why it knows nothing of the run. */
  #unknown: string | null = null;

  constructor(options: PanelOptions) {
    this.commands = new Commands(options, () => this.#refresh());
    this.grid = new Grid({ load: options.load, onVisible: options.visible });
    this.#header = new Header(this.commands);
    this.#sentence.setAttribute('role', 'status');
    this.node.setAttribute('role', 'group');
    this.node.append(
      this.#header.node,
      this.#strip.node,
      this.#message,
      this.#sentence,
      this.#failures.node,
      this.grid.node,
      this.#numbers.node,
    );
  }

  get state(): PanelState | null {
    return this.#state;
  }

  /**
   * Take the JSON of an update.
   * @returns true if it was new
   */
  show(data: unknown): boolean {
    let next: PanelState;
    try {
      next = merge(this.#state, readFrame(data));
    } catch (error) {
      if (!(error instanceof NotAFrame)) throw error;
      if (!this.#state) this.node.classList.add('rdf-live-unreadable');
      setText(this.#message, error.message);
      this.#message.hidden = false;
      return false;
    }
    if (next === this.#state) return false;
    this.node.classList.remove('rdf-live-unreadable');
    this.#state = next;
    const { frame } = next;
    this.node.setAttribute('aria-label', `run ${frame.run.name}`);
    this.node.dataset['state'] = frame.run.state;
    this.commands.update(frame.run, frame.final);
    this.#header.update(frame);
    this.#strip.update(frame);
    this.#failures.update(frame);
    this.#numbers.update(frame);
    this.grid.update(next);
    this.#refresh();
    return true;
  }

  /** The way to the kernel has changed. */
  setLink(link: LinkState): void {
    if (link !== this.#link && link !== 'live') this.commands.reset();
    if (link !== 'lost') this.#unknown = null;
    this.#link = link;
    this.#refresh();
  }

  /** What the kernel said over the comm. */
  said(data: unknown): void {
    const { heard, error, unknown } = (data ?? {}) as { heard?: unknown; error?: unknown; unknown?: unknown };
    if (unknown === true && typeof error === 'string') this.#unknown = error;
    if (heard === 'stop' || heard === 'cancel') this.commands.heard(heard satisfies Command);
    else if (typeof error === 'string') this.commands.failed(error);
  }

  dispose(): void {
    this.commands.dispose();
    this.grid.dispose();
  }

  #refresh(): void {
    const frame = this.#state?.frame;
    if (!frame) return;
    const { run, final } = frame;
    this.#header.updateButtons(!final && this.#link === 'live');
    setText(this.#message, run.message ?? '');
    this.#message.hidden = !run.message;
    const why = (this.#link === 'lost' && this.#unknown) || linkSentence(this.#link, run.id);
    const sentence = this.commands.sentence ?? (final ? '' : why);
    setText(this.#sentence, sentence);
    this.#sentence.hidden = !sentence;
  }
}
