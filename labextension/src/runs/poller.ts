// SPDX-License-Identifier: BSD-3-Clause
// Asks again and again while somebody looks, one question at a time.

/** Between the end of a question and the next one. */
export const PERIOD_MS = 2000;

export class Poller {
  readonly #ask: () => Promise<void>;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #looking = false;
  #asking = false;
  #again = false;

  /** `ask` never rejects. */
  constructor(ask: () => Promise<void>) {
    this.#ask = ask;
  }

  /** Somebody looks, or nobody any more. */
  look(looking: boolean): void {
    if (looking === this.#looking) return;
    this.#looking = looking;
    if (looking) this.soon();
    else this.#clear();
  }

  /** Ask now, if anybody looks. */
  soon(): void {
    this.#clear();
    if (!this.#looking) return;
    if (this.#asking) this.#again = true;
    else void this.#run();
  }

  async #run(): Promise<void> {
    this.#asking = true;
    do {
      this.#again = false;
      await this.#ask();
    } while (this.#again && this.#looking);
    this.#asking = false;
    this.#clear();
    if (this.#looking) this.#timer = setTimeout(() => void this.#run(), PERIOD_MS);
  }

  #clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
