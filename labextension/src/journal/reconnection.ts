// SPDX-License-Identifier: BSD-3-Clause
// One open notebook: follows its journal, and tells the parts of the page that show it.

import type { Cell, NotebookPanel } from '@jupyterlab/notebook';
import type { ServerSettings } from '@jupyterlab/services';
import { Banner } from './banner.js';
import { codeCells } from './cells.js';
import { takeOver } from './file.js';
import { Follow } from './follow.js';
import { Marks } from './marks.js';
import { type Around, whileAway } from './plan.js';
import { Restore } from './restore.js';
import { Status } from './status.js';
import { type Execution, hasEnded, type Said, type Snapshot, type Version } from './types.js';
import { awayText } from './words.js';

/** New widgets come in groups: one new snapshot is enough for all of them. */
const AGAIN_MS = 100;
const TICK_MS = 1000;

export class Reconnection {
  readonly #panel: NotebookPanel;
  readonly #follow: Follow;
  readonly #restore: Restore;
  readonly #marks = new Marks();
  readonly #status: Status;
  readonly #mine = new Set<string>();
  /** The newest execution of each cell, without its outputs, in the order of their requests. */
  readonly #newest = new Map<string, Execution>();
  /** Cells that will be, or have been, drawn when they got their parts: those far from the screen get them late. */
  readonly #awaited = new WeakSet<Cell>();
  #sessions: readonly string[] = [];
  #told = false;
  #banner: Banner | null = null;
  /** When the file that this page has loaded was written, if the server has written a newer one since. */
  #loaded: number | null = null;
  #held: string[] = [];
  #again: ReturnType<typeof setTimeout> | null = null;
  #drawing: ReturnType<typeof setTimeout> | null = null;
  #tick: ReturnType<typeof setInterval> | null = null;

  constructor(panel: NotebookPanel, settings: ServerSettings) {
    this.#panel = panel;
    this.#status = new Status(panel);
    this.#restore = new Restore(panel, {
      around: () => this.#around(),
      hold: (id) => this.#hold(id),
      again: () => this.#askAgain(),
    });
    this.#own();
    this.#follow = new Follow(settings, panel.context.path, this.#session, (said) => this.#heard(said));
    panel.sessionContext.kernelChanged.connect(this.#turn, this);
    panel.context.pathChanged.connect(this.#turn, this);
    panel.content.model?.cells.changed.connect(this.#draw, this);
    window.addEventListener('pagehide', this.#leave);
  }

  dispose(): void {
    window.removeEventListener('pagehide', this.#leave);
    this.#leave();
    if (this.#again !== null) clearTimeout(this.#again);
    if (this.#drawing !== null) clearTimeout(this.#drawing);
    if (this.#tick !== null) clearInterval(this.#tick);
    this.#follow.dispose();
    this.#restore.dispose();
    this.#marks.dispose();
    this.#banner?.dispose();
    this.#status.dispose();
  }

  readonly #leave = () => this.#follow.leave();

  get #session(): string {
    return this.#panel.sessionContext.session?.kernel?.clientId ?? '';
  }

  /** What this connection to the kernel asks for is of this page, also after it has changed to another kernel. */
  #own(): void {
    if (this.#session) this.#mine.add(this.#session);
  }

  #turn(): void {
    if (this.#panel.isDisposed) return;
    this.#own();
    this.#follow.turn(this.#panel.context.path, this.#session);
  }

  #around(): Around {
    return {
      mine: this.#mine,
      sessions: this.#sessions,
      shared: this.#panel.context.model.collaborative === true,
      loaded: this.#loaded,
    };
  }

  #heard(said: Said): void {
    switch (said.type) {
      case 'snapshot':
        this.#snapshot(said);
        break;
      case 'state':
        this.#note(said.execution);
        this.#restore.state(said.execution);
        break;
      case 'message':
        this.#restore.message(said.id, said.seq, said.message);
        return;
      case 'sessions':
        this.#sessions = said.sessions;
        this.#restore.sessions();
        break;
      case 'renamed':
        this.#follow.renamed(said.path);
        break;
      case 'written':
        this.#written(said.base, said.now);
        break;
      default:
        break;
    }
    this.#draw();
  }

  #snapshot(snapshot: Snapshot): void {
    this.#sessions = snapshot.sessions ?? [];
    this.#newest.clear();
    for (const execution of snapshot.executions) this.#note(execution);
    if (!this.#told) this.#tell(snapshot);
    this.#restore.take(snapshot.executions);
  }

  #note({ outputs: _, ...execution }: Execution): void {
    const before = this.#newest.get(execution.cell);
    if (before && before.id !== execution.id) {
      if (before.queued > execution.queued) return;
      this.#newest.delete(execution.cell);
    }
    this.#newest.set(execution.cell, execution);
  }

  /** The banner: only what the first snapshot tells happened while this page was not there. */
  #tell(snapshot: Snapshot): void {
    this.#told = true;
    const away = whileAway(snapshot, this.#around(), codeCells(this.#panel.content));
    const text = awayText(away, Date.now() / 1000);
    if (text) this.#banner = new Banner(this.#panel, text);
  }

  /** The server has written outputs while no page was there, or while this one could not be reached. */
  #written(base: Version, now: Version): void {
    if (!takeOver(this.#panel.context, base, now)) return;
    // What is in the newer file only must be restored here too, or the next save would remove it.
    this.#loaded = Date.parse(base.last_modified) / 1000;
    this.#follow.again();
  }

  #hold(id: string): void {
    if (this.#held.length === 0) {
      queueMicrotask(() => {
        this.#follow.hold(this.#held);
        this.#held = [];
      });
    }
    this.#held.push(id);
  }

  #askAgain(): void {
    this.#again ??= setTimeout(() => {
      this.#again = null;
      this.#follow.again();
    }, AGAIN_MS);
  }

  #draw(): void {
    this.#drawing ??= setTimeout(() => {
      this.#drawing = null;
      this.#redraw();
    });
  }

  #redraw(): void {
    if (this.#panel.isDisposed) return;
    const cells = codeCells(this.#panel.content);
    for (const { cell } of cells.values()) {
      if (this.#awaited.has(cell)) continue;
      this.#awaited.add(cell);
      void cell.ready.then(() => this.#draw());
    }
    const executions = [...this.#newest.values()];
    this.#marks.update(executions, cells);
    const running = executions.find(({ state, session }) => state === 'running' && !this.#mine.has(session));
    this.#status.update(running ?? null, cells);
    const going = executions.some((execution) => !hasEnded(execution));
    if (going) this.#tick ??= setInterval(() => this.#redraw(), TICK_MS);
    else if (this.#tick !== null) {
      clearInterval(this.#tick);
      this.#tick = null;
    }
  }
}
