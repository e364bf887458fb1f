// SPDX-License-Identifier: BSD-3-Clause
// The way to the journal of one notebook: a websocket, opened again when it breaks. On each opening the server first
// sends a snapshot and then everything that happens, without a gap.

import type { ServerSettings } from '@jupyterlab/services';
import { parse, type Said } from './types.js';

const API = 'rdf-live/api/journal';
/** The first pause before another attempt; each further one is twice as long. */
export const PAUSE_MS = 500;
/** Short: a page that saves before it has heard that the file was written meanwhile asks the user which one is right. */
export const LONGEST_PAUSE_MS = 2000;

/** The server has a journal. Only asked when it does not let us follow: one without is then left alone. */
async function hasJournal({ baseUrl, fetch, init, token }: ServerSettings): Promise<boolean> {
  const headers: Record<string, string> = token ? { Authorization: `token ${token}` } : {};
  try {
    const reply = await fetch(`${baseUrl}${API}?path=`, { ...init, headers });
    // Of a notebook that it does not know it says so in JSON; a server without a journal shows a page for people.
    return reply.status !== 404 || (reply.headers.get('content-type') ?? '').includes('json');
  } catch {
    return true; // no connection now: that is no answer
  }
}

export class Follow {
  readonly #settings: ServerSettings;
  readonly #said: (said: Said) => void;
  #path: string;
  #session: string;
  #socket: WebSocket | null = null;
  #pause = PAUSE_MS;
  /** It has been open at least once. */
  #known = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #disposed = false;

  constructor(settings: ServerSettings, path: string, session: string, said: (said: Said) => void) {
    this.#settings = settings;
    this.#path = path;
    this.#session = session;
    this.#said = said;
    this.#open();
  }

  /** Another notebook or another connection to a kernel: begin again with a snapshot. */
  turn(path: string, session: string): void {
    if (path === this.#path && session === this.#session) return;
    this.#path = path;
    this.#session = session;
    this.again();
  }

  /** The notebook has another name; the server goes on telling of it. */
  renamed(path: string): void {
    this.#path = path;
  }

  /** Ask for a new snapshot. */
  again(): void {
    if (this.#disposed) return;
    this.#close();
    this.#pause = PAUSE_MS;
    this.#open();
  }

  /** The notebook of this page has the outputs of these executions from now on. */
  hold(ids: readonly string[]): void {
    if (ids.length > 0) this.#send({ type: 'hold', ids });
  }

  /** Answer what an execution of a page that is gone asks with `input()`. */
  answer(id: string, time: number, value: string): void {
    this.#send({ type: 'answer', id, time, value });
  }

  /** This page goes, and does not come back with its own version of the notebook. */
  leave(): void {
    this.#send({ type: 'leaving' });
  }

  dispose(): void {
    this.#disposed = true;
    this.#close();
  }

  #send(message: unknown): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(message));
  }

  #close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #open(): void {
    const { wsUrl, token, appendToken, WebSocket } = this.#settings;
    const query = new URLSearchParams({ path: this.#path, session: this.#session });
    if (appendToken && token) query.set('token', token);
    const socket = new WebSocket(`${wsUrl}${API}/follow?${query}`);
    this.#socket = socket;
    socket.onopen = () => {
      this.#known = true;
    };
    socket.onmessage = (event: MessageEvent) => {
      if (socket !== this.#socket) return;
      this.#pause = PAUSE_MS;
      const said = parse(event.data);
      if (said) this.#said(said);
    };
    socket.onclose = () => {
      if (socket === this.#socket) void this.#closed(socket);
    };
  }

  async #closed(socket: WebSocket): Promise<void> {
    if (!this.#known && !(await hasJournal(this.#settings))) return;
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.#timer = setTimeout(() => this.#open(), this.#pause);
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE_MS);
  }
}
