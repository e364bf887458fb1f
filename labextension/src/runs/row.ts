// SPDX-License-Identifier: BSD-3-Clause
// One run of the list. Its node stays as long as the run is listed, so that nothing moves under the hand.

import { button, make, setAttribute, setText } from '../dom.js';
import { percent } from '../text.js';
import type { Run } from './api.js';
import { groupOf } from './groups.js';
import { HEARD, NO_NOTEBOOK, nameHint, placeText, progressText, stateWord, timesText } from './words.js';

export interface Actions {
  /** Rejects with a sentence. */
  stop(run: Run): Promise<void>;
  /** Open the notebook at the cell; rejects with a sentence. */
  open(run: Run): Promise<void>;
  /** Insert the lines that attach the run; what was done, in words. Rejects with a sentence. */
  attach(run: Run): Promise<string>;
  /** There is a notebook to insert lines into. */
  canAttach(): boolean;
  /** Number of the cell in its notebook, if that is open. */
  position(run: Run): number | null;
}

/** So long what came of a click is told. */
export const TOLD_S = 15;

export class Row {
  readonly node = make('li', 'rdf-live-runs-row');
  readonly #actions: Actions;
  readonly #name: HTMLButtonElement;
  readonly #state = make('span', 'rdf-live-runs-state');
  readonly #fill = make('div', 'rdf-live-bar-fill');
  readonly #bar = make('div', 'rdf-live-bar', this.#fill);
  readonly #place = make('div', 'rdf-live-runs-line');
  readonly #progress = make('div', 'rdf-live-runs-line');
  readonly #times = make('div', 'rdf-live-runs-line');
  readonly #said = make('div', 'rdf-live-runs-said');
  readonly #stop: HTMLButtonElement;
  readonly #attach: HTMLButtonElement;
  readonly #tools: HTMLElement;
  #run: Run;
  #stopAsked = false;
  #saidAt = 0;

  constructor(run: Run, actions: Actions) {
    this.#run = run;
    this.#actions = actions;
    this.#name = button('', 'rdf-live-runs-name', () => void this.#onOpen());
    this.#stop = button('Stop', 'rdf-live-button', () => void this.#onStop());
    this.#stop.title = 'End the run early and keep what is there';
    this.#attach = button('Attach here', 'rdf-live-button', () => void this.#do(() => actions.attach(this.#run)));
    for (const [name, value] of [
      ['role', 'progressbar'],
      ['aria-valuemin', '0'],
      ['aria-valuemax', '100'],
    ] as const) {
      this.#bar.setAttribute(name, value);
    }
    this.#said.setAttribute('role', 'status');
    this.#tools = make('div', 'rdf-live-runs-tools', this.#stop, this.#attach);
    this.node.append(
      make('div', 'rdf-live-runs-head', make('span', 'rdf-live-dot'), this.#name, this.#state),
      this.#place,
      this.#bar,
      this.#progress,
      this.#times,
      this.#said,
      this.#tools,
    );
  }

  /** Show what is known now; `now` in seconds since 1970. */
  update(run: Run, now: number): void {
    const active = groupOf(run) === 'running';
    if (!active) this.#stopAsked = false;
    if (now - this.#saidAt > TOLD_S || (!active && this.#said.textContent === HEARD)) this.#say('', now);
    this.#run = run;
    const stopping = run.state === 'stopping' || this.#stopAsked;
    setAttribute(this.node, 'data-state', stopping ? 'stopping' : run.state);
    setText(this.#name, run.name);
    setAttribute(this.#name, 'title', `${run.name}\n${nameHint(run)}`);
    this.#name.disabled = !run.here;
    setText(this.#state, stateWord(stopping ? 'stopping' : run.state));
    const when = [timesText(run, now), run.cluster && `on ${run.cluster}`].filter(Boolean).join(' · ');
    setText(this.#place, placeText(run, this.#actions.position(run)));
    setAttribute(this.#place, 'title', run.notebook ?? '');
    setText(this.#progress, run.why || progressText(run));
    setText(this.#times, when);
    this.#bar.hidden = !active;
    this.#fill.style.width = `${100 * (run.fraction ?? 0)}%`;
    setAttribute(this.#bar, 'aria-label', `${run.name}: part of the data`);
    setAttribute(this.#bar, 'aria-valuenow', String(Math.floor(100 * (run.fraction ?? 0))));
    setAttribute(this.#bar, 'aria-valuetext', percent(run.fraction ?? 0));
    this.#stop.hidden = !active;
    // Not disabled: it would lose the keyboard at the click.
    setAttribute(this.#stop, 'aria-disabled', String(stopping));
    setText(this.#stop, stopping ? 'Stopping…' : 'Stop');
    setAttribute(this.#stop, 'aria-label', `${stopping ? 'Stopping' : 'Stop'} ${run.name}`);
    this.#attach.hidden = !run.attach;
    this.#attach.disabled = !this.#actions.canAttach();
    this.#tools.hidden = this.#stop.hidden && this.#attach.hidden;
    setAttribute(this.#attach, 'aria-label', `Attach ${run.name} here`);
    setAttribute(this.#attach, 'title', this.#attach.disabled ? NO_NOTEBOOK : 'Insert the lines that attach this run');
  }

  /** The keyboard is in this row. */
  get focused(): boolean {
    return this.node.contains(document.activeElement);
  }

  /** Take the keyboard: what had it may be gone. */
  focus(): void {
    const first = [this.#stop, this.#attach, this.#name].find((each) => !each.hidden && !each.disabled);
    first?.focus();
  }

  async #onOpen(): Promise<void> {
    await this.#do(async () => {
      await this.#actions.open(this.#run);
      return '';
    });
  }

  async #onStop(): Promise<void> {
    if (this.#stop.getAttribute('aria-disabled') === 'true') return;
    this.#askStop(true);
    await this.#do(async () => {
      try {
        await this.#actions.stop(this.#run);
      } catch (error) {
        this.#askStop(false);
        throw error;
      }
      return this.#stopAsked ? HEARD : '';
    });
  }

  #askStop(asked: boolean): void {
    this.#stopAsked = asked;
    this.update(this.#run, seconds());
  }

  /** Do something, and say what came of it. */
  async #do(action: () => Promise<string>): Promise<void> {
    this.#say('', seconds());
    try {
      this.#say(await action(), seconds());
    } catch (error) {
      this.#say(error instanceof Error ? error.message : String(error), seconds());
    }
  }

  #say(sentence: string, now: number): void {
    setText(this.#said, sentence);
    this.#saidAt = now;
  }
}

const seconds = (): number => Date.now() / 1000;
