// SPDX-License-Identifier: BSD-3-Clause
// Stop and cancel, from the click to the answer. Pure but for timers: what it does, it does through a Channel.

import type { Run } from './frame.js';

export type Command = 'stop' | 'cancel';

export interface Channel {
  /** Send over the comm; false if there is none. */
  send(message: { do: Command }): boolean;
  /** Interrupt the kernel. */
  interrupt(): void;
  /** The kernel executes something now. */
  busy(): boolean;
}

/** An answer that has not come by then will not come before the cell ends. */
export const PATIENCE_MS = 700;
/** Between the two interrupts that mean cancel. */
export const PAUSE_MS = 300;
/** So long a click on "Cancel" waits for its confirmation. */
export const CONFIRM_MS = 3000;

const BUSY = 'The kernel is busy with another cell; the run will stop when that ends.';
const UNREACHABLE = 'There is no connection to the kernel now; click again when it is back.';

type Phase = 'ready' | 'confirm' | 'asked' | 'heard';

export class Commands {
  readonly #channel: Channel;
  readonly #changed: () => void;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #phases: Record<Command, Phase> = { stop: 'ready', cancel: 'ready' };
  #run: Pick<Run, 'state' | 'blocking'> = { state: 'starting', blocking: false };
  #final = false;
  #interrupts = 0;
  #sentence: string | null = null;

  constructor(channel: Channel, changed: () => void) {
    this.#channel = channel;
    this.#changed = changed;
  }

  /** What to tell the user, if anything. */
  get sentence(): string | null {
    return this.#sentence;
  }

  label(command: Command): string {
    const phase = this.#phases[command];
    if (command === 'stop') return phase !== 'ready' || this.#run.state === 'stopping' ? 'Stopping…' : 'Stop';
    if (phase === 'confirm') return 'Really cancel?';
    return phase === 'ready' ? 'Cancel' : 'Cancelling…';
  }

  enabled(command: Command): boolean {
    if (this.#final || this.#asked('cancel')) return false;
    return command === 'cancel' || (!this.#asked('stop') && this.#run.state !== 'stopping');
  }

  /** A click on a button. */
  click(command: Command): void {
    if (!this.enabled(command)) return;
    if (command === 'cancel' && this.#phases.cancel === 'ready') {
      this.#phases.cancel = 'confirm';
      this.#later(CONFIRM_MS, () => {
        if (this.#phases.cancel === 'confirm') this.#phases.cancel = 'ready';
      });
    } else this.#ask(command);
    this.#changed();
  }

  /** The kernel has heard a command. */
  heard(command: Command): void {
    this.#phases[command] = 'heard';
    this.#sentence = null;
    this.#changed();
  }

  /** The kernel could not do what was asked. */
  failed(sentence: string): void {
    if (this.#phases.stop !== 'ready' || this.#phases.cancel !== 'ready') this.#sentence = sentence;
    this.reset();
  }

  /** Nothing that was asked before will be answered any more: the buttons can be used again. */
  reset(): void {
    this.#clearTimers();
    this.#phases.stop = this.#phases.cancel = 'ready';
    this.#interrupts = 0;
    this.#changed();
  }

  /** An update of the run has come. */
  update(run: Pick<Run, 'state' | 'blocking'>, final: boolean): void {
    this.#run = run;
    this.#final = final;
    if (final) {
      this.#clearTimers();
      this.#sentence = null;
    } else if (run.state === 'stopping' && this.#phases.stop === 'asked') this.#phases.stop = 'heard';
  }

  dispose(): void {
    this.#clearTimers();
  }

  #asked(command: Command): boolean {
    return this.#phases[command] === 'asked' || this.#phases[command] === 'heard';
  }

  #ask(command: Command): void {
    if (!this.#channel.send({ do: command }) && !(this.#run.blocking && this.#channel.busy())) {
      this.#phases[command] = 'ready';
      this.#sentence = UNREACHABLE;
      return;
    }
    this.#phases[command] = 'asked';
    this.#sentence = null;
    this.#later(PATIENCE_MS, () => this.#impatient(command));
  }

  #impatient(command: Command): void {
    if (this.#phases[command] !== 'asked' || !this.#channel.busy()) return;
    if (!this.#run.blocking) {
      this.#sentence = BUSY;
      return;
    }
    // Ctrl-C once in a blocking call means stop, twice cancel. A third one would hit what runs afterwards.
    const wanted = command === 'stop' ? 1 : 2;
    if (this.#interrupts >= wanted) return;
    this.#interrupts += 1;
    this.#channel.interrupt();
    if (this.#interrupts < wanted) this.#later(PAUSE_MS, () => this.#impatient(command));
  }

  #later(delay: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
      this.#changed();
    }, delay);
    this.#timers.add(timer);
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
