// SPDX-License-Identifier: BSD-3-Clause
// The head of a panel: which run, in which state, how much of the data, how fast, and the buttons.

import type { Command, Commands } from './commands.js';
import { button, make, setAttribute, setText } from './dom.js';
import type { Frame, Progress } from './frame.js';
import { amount, clock, partText, percent, stateText } from './text.js';

/** How much of the data is in, or what happens before the first entry: never nothing. */
export function headline({ run, progress }: Frame): string {
  const { state } = run;
  const active = state === 'starting' || state === 'running' || state === 'stopping';
  if (!active) return progress ? stateText(state, progress.fraction, progress.entries) : state;
  const before = state === 'stopping' ? 'stopping, ' : '';
  if (!progress?.entries && progress?.waitingFor) return `${before}waiting for workers: ${progress.waitingFor}`;
  // The first thing a worker does is to compile the graph: seconds without an entry.
  if (!progress?.entries) return `${before}${progress?.running ? 'compiling' : 'starting'}`;
  return `${before}${partText(progress.fraction, progress.entries)}`;
}

/** Entries, entries per second, time left, time since the start, workers: what is known of it. */
export function details({ progress, final }: Frame): string {
  if (!progress) return '';
  const about = progress.totalIsEstimate ? '~' : '';
  const parts = [];
  if (progress.entriesTotal && progress.fraction < 1) {
    parts.push(`${amount(progress.entries)} of ${about}${amount(progress.entriesTotal)} entries`);
  }
  if (!final) parts.push(...speed(progress));
  if (progress.elapsed > 0) parts.push(`${clock(progress.elapsed)} ${final ? 'in all' : 'elapsed'}`);
  if (!final && progress.entries && progress.waitingFor) parts.push(`waiting for workers: ${progress.waitingFor}`);
  if (!final && progress.workers) parts.push(`${progress.workers} ${progress.workers === 1 ? 'worker' : 'workers'}`);
  return parts.join(' · ');
}

function speed(progress: Progress): string[] {
  if (progress.fraction < 0.01) return []; // too early to say
  const parts = [];
  if (progress.rate > 0) parts.push(`${amount(progress.rate)}/s`);
  if (progress.eta !== null && progress.fraction < 1) parts.push(`${clock(progress.eta)} left`);
  return parts;
}

export class Header {
  readonly node = make('div', 'rdf-live-header');
  readonly #name = make('span', 'rdf-live-name');
  readonly #headline = make('span', 'rdf-live-headline');
  readonly #details = make('div', 'rdf-live-details');
  readonly #fill = make('div', 'rdf-live-bar-fill');
  readonly #bar = make('div', 'rdf-live-bar', this.#fill);
  readonly #buttons: Record<Command, HTMLButtonElement>;
  readonly #tools: HTMLElement;
  readonly #commands: Commands;

  constructor(commands: Commands) {
    this.#commands = commands;
    this.#buttons = {
      stop: button('Stop', 'rdf-live-button', () => commands.click('stop')),
      cancel: button('Cancel', 'rdf-live-button', () => commands.click('cancel')),
    };
    this.#buttons.stop.title = 'End the run early and keep what is there';
    this.#buttons.cancel.title = 'End the run and drop everything';
    // Page readers say a label that changes under the hand only when they are asked to.
    this.#buttons.cancel.setAttribute('aria-live', 'polite');
    this.#tools = make('div', 'rdf-live-tools', this.#buttons.stop, this.#buttons.cancel);
    this.#bar.setAttribute('role', 'progressbar');
    this.#bar.setAttribute('aria-valuemin', '0');
    this.#bar.setAttribute('aria-valuemax', '100');
    this.node.append(
      make('div', 'rdf-live-title', make('span', 'rdf-live-dot'), this.#name, this.#headline),
      this.#tools,
      this.#bar,
      this.#details,
    );
  }

  update(frame: Frame): void {
    const fraction = frame.progress?.fraction ?? 0;
    setText(this.#name, frame.run.name || 'run');
    setText(this.#headline, headline(frame));
    setText(this.#details, details(frame));
    setAttribute(this.#bar, 'aria-label', `${frame.run.name || 'run'}: part of the data`);
    setAttribute(this.#bar, 'aria-valuenow', String(Math.floor(100 * fraction)));
    setAttribute(this.#bar, 'aria-valuetext', percent(fraction));
    this.#fill.style.width = `${100 * fraction}%`;
  }

  /** Show the buttons or not, and in which state. */
  updateButtons(shown: boolean): void {
    this.#tools.hidden = !shown;
    for (const command of ['stop', 'cancel'] as const) {
      const label = this.#commands.label(command);
      const node = this.#buttons[command];
      setText(node, label);
      // Not disabled: it would lose the keyboard at the click.
      setAttribute(node, 'aria-disabled', String(!this.#commands.enabled(command)));
      node.classList.toggle('rdf-live-warn', label === 'Really cancel?');
    }
  }
}
