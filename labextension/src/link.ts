// SPDX-License-Identifier: BSD-3-Clause
// The way from a panel to its kernel: a comm, opened again when the connection or the kernel comes back.

import type { Comm, Kernel, KernelMessage, SessionContext } from '@jupyterlab/services';

export const TARGET = 'rdf_live.panel';

/** waiting: it may still come; live: commands arrive; none: no kernel; lost: this kernel knows nothing of the run. */
export type LinkState = 'waiting' | 'live' | 'none' | 'lost';

export interface LinkHooks {
  /** What the comm is about; null: nothing to talk about (any more). */
  about(): { panel: string; run: string } | null;
  /** What is said when the comm is open, and again and again: the kernel forgets pages that say nothing. */
  greeting(): unknown;
  /** The state has changed. */
  changed(state: LinkState): void;
  /** The kernel has said something over the comm. */
  said(data: unknown): void;
  /** A message of the kernel that all pages hear. */
  overheard(message: KernelMessage): void;
}

/** The kernel forgets a page that has said nothing for three times as long. */
export const GREETING_MS = 30_000;

/** A subshell that has not started by then is not waited for. */
export const SUBSHELL_MS = 2000;

/** So long after a kernel went, its last messages may still come: they do not mean that it is back. */
export const LATE_MS = 3000;

const GONE = new Set(['restarting', 'autorestarting', 'terminating', 'dead']);

export class Link {
  readonly #context: SessionContext;
  readonly #hooks: LinkHooks;
  readonly #greeter: ReturnType<typeof setInterval>;
  #state: LinkState = 'waiting';
  #comm: Comm | null = null;
  /** What is to be sent when the comm is open; null: it is. */
  #waiting: unknown[] | null = null;
  #executing: boolean;
  #goneAt = Number.NEGATIVE_INFINITY;
  #kernel: string | null = null;
  #disposed = false;

  constructor(context: SessionContext, hooks: LinkHooks) {
    this.#context = context;
    this.#hooks = hooks;
    this.#executing = this.kernel?.status === 'busy';
    this.#greeter = setInterval(() => this.send(hooks.greeting()), GREETING_MS);
    context.kernelChanged.connect(this.#onKernel, this);
    context.statusChanged.connect(this.#onStatus, this);
    context.connectionStatusChanged.connect(this.#onConnection, this);
    context.iopubMessage.connect(this.#onMessage, this);
    void context.ready.then(() => this.refresh());
    this.refresh();
  }

  get state(): LinkState {
    return this.#state;
  }

  get kernel(): Kernel | null {
    return this.#context.isDisposed ? null : (this.#context.session?.kernel ?? null);
  }

  /** The kernel executes a cell now. Its status does not tell: that is idle after each message over a comm. */
  get executing(): boolean {
    return this.#executing;
  }

  /** An update has come from a cell that waits for its run. A page loaded meanwhile has seen no status that tells. */
  noteExecuting(): void {
    this.#executing = true;
  }

  /** Open the comm if it should be open and is not; close it when there is nothing to say any more. */
  refresh(): void {
    if (this.#disposed) return;
    const kernel = this.kernel;
    const about = this.#hooks.about();
    if (!about) {
      this.#close();
    } else if (!kernel) {
      this.#drop();
      // A kernel that was there and is not any more took all it knew with it.
      this.#set(this.#kernel ? 'lost' : this.#context.isReady ? 'none' : 'waiting');
    } else if (!this.#comm && this.#state !== 'lost') {
      this.#kernel = kernel.id;
      if (GONE.has(kernel.status)) this.#set('lost');
      else this.#open(kernel, about);
    }
  }

  /** An update of this panel has come from the kernel, so it does know the run. */
  revive(): void {
    if (this.#state !== 'lost' || Date.now() - this.#goneAt < LATE_MS) return;
    this.#state = 'waiting';
    this.refresh();
  }

  /** Returns false if there is no comm. */
  send(message: unknown): boolean {
    if (!this.#comm || this.#comm.isDisposed) return false;
    if (this.#waiting) this.#waiting.push(message);
    else this.#comm.send(message);
    return true;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    clearInterval(this.#greeter);
    this.#context.kernelChanged.disconnect(this.#onKernel, this);
    this.#context.statusChanged.disconnect(this.#onStatus, this);
    this.#context.connectionStatusChanged.disconnect(this.#onConnection, this);
    this.#context.iopubMessage.disconnect(this.#onMessage, this);
    this.#close();
  }

  #open(kernel: Kernel, about: { panel: string; run: string }): void {
    if (!kernel.handleComms) {
      this.#set('live'); // an interrupt still arrives
      return;
    }
    const comm = kernel.createComm(TARGET);
    comm.onMsg = (message) => {
      const data = (message.content as { data?: unknown }).data;
      if (comm !== this.#comm) return;
      this.#hooks.said(data);
      // Any other error is about what was asked; the next command may well be heard.
      if ((data as { unknown?: unknown } | null | undefined)?.unknown === true) this.lose();
    };
    comm.onClose = () => {
      if (comm === this.#comm) this.lose();
    };
    this.#comm = comm;
    this.#waiting = [this.#hooks.greeting()];
    const open = () => {
      if (comm !== this.#comm || comm.isDisposed || !this.#waiting) return;
      comm.open(about);
      for (const message of this.#waiting) comm.send(message);
      this.#waiting = null;
    };
    // Opened before its subshell has started, it would wait for the end of the cell that runs now.
    if (comm.subshellStarted) void Promise.race([started(kernel, comm), delay(SUBSHELL_MS)]).then(open);
    else open();
    this.#set('live');
  }

  /** The kernel does not know this run. */
  lose(): void {
    this.#drop();
    this.#set('lost');
  }

  #close(): void {
    const comm = this.#comm;
    const opened = !this.#waiting;
    this.#comm = null;
    if (comm && !comm.isDisposed) {
      if (this.kernel && opened) comm.close();
      else comm.dispose();
    }
  }

  /** Forget a comm that the other side has forgotten too. */
  #drop(): void {
    const comm = this.#comm;
    this.#comm = null;
    comm?.dispose();
  }

  #set(state: LinkState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#hooks.changed(state);
  }

  #onKernel(): void {
    const kernel = this.kernel;
    if (kernel && this.#kernel && kernel.id !== this.#kernel) {
      this.#kernel = kernel.id;
      this.lose();
    } else {
      this.#drop();
      this.refresh();
    }
  }

  #onStatus(_: SessionContext, status: string): void {
    if (GONE.has(status)) {
      this.#executing = false;
      this.#goneAt = Date.now();
    }
    if (this.#hooks.about() && this.#kernel && GONE.has(status)) this.lose();
  }

  #onConnection(_: SessionContext, status: string): void {
    if (this.#state === 'lost' || this.#state === 'none') return;
    this.#drop();
    if (status === 'connected') this.refresh();
    else this.#set('waiting');
  }

  #onMessage(_: SessionContext, message: KernelMessage): void {
    if (message.header.msg_type === 'status' && message.parent_header?.msg_type === 'execute_request') {
      this.#executing = (message.content as { execution_state?: unknown }).execution_state === 'busy';
    }
    this.#hooks.overheard(message);
  }
}

async function started(kernel: Kernel, comm: Comm): Promise<void> {
  try {
    await kernel.info;
    if (kernel.supportsSubshells) await comm.subshellStarted;
  } catch {
    // Then without one.
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
