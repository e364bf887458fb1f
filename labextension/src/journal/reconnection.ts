// SPDX-License-Identifier: BSD-3-Clause
// One open notebook: follows its journal, and tells the parts of the page that show it.

import type { Context } from '@jupyterlab/docregistry';
import type { CellsChange, NotebookModel, NotebookPanel } from '@jupyterlab/notebook';
import type { ServerSettings, SessionContext } from '@jupyterlab/services';
import { codeCells } from './cells.js';
import { takeOver } from './file.js';
import { Follow } from './follow.js';
import { Missed } from './missed.js';
import { Names } from './names.js';
import { type Around, whileAway } from './plan.js';
import { Restore } from './restore.js';
import { type Execution, hasEnded, type Said, type Snapshot, type Version } from './types.js';
import { View } from './view.js';
import { awayText } from './words.js';

/** New widgets come in groups: one new snapshot is enough for all of them. */
const AGAIN_MS = 100;
const TICK_MS = 1000;
/** A snapshot that comes through a slow line is so late; a clock that differs by more is wrong. */
const LATE_S = 10;
/** From this version of format 4 on the file has names of cells. */
const NAMES_MINOR = 5;

export class Reconnection {
  readonly #context: Context;
  readonly #sessionContext: SessionContext;
  readonly #model: NotebookModel | null;
  readonly #views: View[] = [];
  readonly #follow: Follow;
  readonly #restore: Restore;
  readonly #missed: Missed;
  readonly #names = new Names();
  readonly #mine = new Set<string>();
  /** The newest execution of each cell, without its outputs, in the order of their requests. */
  readonly #newest = new Map<string, Execution>();
  #sessions: readonly string[] = [];
  #outside: readonly string[] = [];
  #told = false;
  /** When the file that this page has loaded was written, if the server has written a newer one since. */
  #loaded: number | null = null;
  /** Seconds that the server's clock is ahead of this one. */
  #ahead = 0;
  #held: string[] = [];
  #again: ReturnType<typeof setTimeout> | null = null;
  #drawing: ReturnType<typeof setTimeout> | null = null;
  #tick: ReturnType<typeof setInterval> | null = null;

  constructor(panel: NotebookPanel, settings: ServerSettings) {
    this.#context = panel.context;
    this.#sessionContext = panel.sessionContext;
    this.#model = panel.content.model;
    this.add(panel);
    this.#restore = new Restore(this.#context.model, {
      notebook: () => this.#first.panel.content,
      around: () => this.#around(),
      now: () => this.#now,
      hold: (id) => this.#hold(id),
      again: () => this.#askAgain(),
    });
    this.#missed = new Missed({
      waits: (execution) => this.#restore.waits(execution),
      heal: (execution) => this.#restore.heal(execution),
      again: () => this.#askAgain(),
    });
    this.#own();
    this.#follow = new Follow(settings, this.#context.path, this.#session, (said) => this.#heard(said));
    this.#sessionContext.kernelChanged.connect(this.#turn, this);
    this.#context.pathChanged.connect(this.#turn, this);
    this.#model?.cells.changed.connect(this.#cellsChanged, this);
    window.addEventListener('pagehide', this.#leave);
  }

  /** Show the notebook in one more view. */
  add(panel: NotebookPanel): void {
    this.#views.push(
      new View(
        panel,
        () => this.#draw(),
        (id, time, value) => this.#follow.answer(id, time, value),
      ),
    );
    this.#draw();
  }

  /** A view goes; true if it was the last one, with which this ends. */
  remove(panel: NotebookPanel): boolean {
    const index = this.#views.findIndex((view) => view.panel === panel);
    this.#views[index]?.dispose();
    if (this.#views.length === 1) {
      this.#dispose();
      return true;
    }
    this.#views.splice(index, 1);
    // What went on in its cells goes on in those of the next one.
    if (index === 0) this.#askAgain();
    return false;
  }

  #dispose(): void {
    window.removeEventListener('pagehide', this.#leave);
    this.#sessionContext.kernelChanged.disconnect(this.#turn, this);
    this.#context.pathChanged.disconnect(this.#turn, this);
    this.#model?.cells.changed.disconnect(this.#cellsChanged, this);
    this.#leave();
    if (this.#again !== null) clearTimeout(this.#again);
    if (this.#drawing !== null) clearTimeout(this.#drawing);
    if (this.#tick !== null) clearInterval(this.#tick);
    this.#follow.dispose();
    this.#missed.dispose();
    this.#restore.dispose();
  }

  readonly #leave = () => this.#follow.leave();

  /** The view whose cells outputs are put into. */
  get #first(): View {
    return this.#views[0] as View;
  }

  get #now(): number {
    return Date.now() / 1000 + this.#ahead;
  }

  get #session(): string {
    return this.#sessionContext.session?.kernel?.clientId ?? '';
  }

  get #nameless(): boolean {
    return (this.#model?.nbformatMinor ?? NAMES_MINOR) < NAMES_MINOR;
  }

  /** What this connection to the kernel asks for is of this page, also after it has changed to another kernel. */
  #own(): void {
    if (this.#session) this.#mine.add(this.#session);
  }

  #turn(): void {
    this.#own();
    this.#follow.turn(this.#context.path, this.#session);
  }

  #around(): Around {
    return {
      mine: this.#mine,
      sessions: this.#sessions,
      outside: this.#outside,
      shared: this.#context.model.collaborative === true,
      loaded: this.#loaded,
    };
  }

  #heard(said: Said): void {
    switch (said.type) {
      case 'snapshot':
        this.#snapshot(said);
        break;
      case 'state':
        for (const execution of this.#named([said.execution])) this.#state(execution);
        break;
      case 'message':
        this.#restore.message(said.id, said.seq, said.message);
        return;
      case 'sessions':
        this.#sessions = said.sessions;
        this.#outside = said.outside ?? [];
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
    this.#outside = snapshot.outside ?? [];
    const ahead = snapshot.now === undefined ? 0 : snapshot.now - Date.now() / 1000;
    this.#ahead = Math.abs(ahead) > LATE_S ? ahead : 0;
    this.#newest.clear();
    const named = this.#named(snapshot.executions);
    for (const execution of named) this.#note(execution);
    const executions = named.filter(({ id, cell }) => this.#newest.get(cell)?.id === id);
    if (!this.#told) this.#tell({ ...snapshot, executions });
    this.#restore.take(executions);
    for (const execution of executions) if (this.#mine.has(execution.session)) this.#missed.heard(execution);
  }

  #state(execution: Execution): void {
    const newest = this.#note(execution);
    this.#restore.state(execution, newest);
    if (newest && this.#mine.has(execution.session)) this.#missed.heard(execution);
  }

  #named(executions: readonly Execution[]): readonly Execution[] {
    return this.#nameless ? this.#names.translate(executions, codeCells(this.#first.panel.content)) : executions;
  }

  /** Keep it, if it is the newest of its cell: tells that. */
  #note({ outputs: _, ...execution }: Execution): boolean {
    const before = this.#newest.get(execution.cell);
    if (before && before.id !== execution.id) {
      const older = before.queued > execution.queued ? execution : before;
      // The server cannot know that both are of one cell, and would write the older one over the newer.
      if (this.#nameless) this.#hold(older.id);
      if (older === execution) return false;
      this.#newest.delete(execution.cell);
    }
    this.#newest.set(execution.cell, execution);
    return true;
  }

  /** The banner: only what the first snapshot tells happened while this page was not there. */
  #tell(snapshot: Snapshot): void {
    this.#told = true;
    const away = whileAway(snapshot, this.#around(), codeCells(this.#first.panel.content));
    const text = awayText(away, this.#nameless, this.#now);
    // Results without a place are told of once only, if the user says so.
    if (text) this.#first.tell(text, () => away.gone.forEach((id) => void this.#hold(id)));
  }

  /** The server has written outputs while no page was there, or while this one could not be reached. */
  #written(base: Version, now: Version): void {
    if (!takeOver(this.#context, base, now)) return;
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

  /** A cell that was deleted may come back, and one that is moved is made anew. */
  #cellsChanged(_: unknown, { type, newValues }: CellsChange): void {
    this.#draw();
    if (type !== 'add') return;
    // Later, because a cell may be there twice for a moment.
    queueMicrotask(() => {
      const come = newValues.map((model) => model && this.#newest.get(model.id)).filter((found) => found !== undefined);
      if (come.some((one) => !this.#mine.has(one.session) && this.#restore.lacks(one))) this.#askAgain();
    });
  }

  #draw(): void {
    this.#drawing ??= setTimeout(() => {
      this.#drawing = null;
      this.#redraw();
    }, 0);
  }

  #redraw(): void {
    const executions = [...this.#newest.values()];
    const running = executions.find(({ state, session }) => state === 'running' && !this.#mine.has(session)) ?? null;
    const asking = running?.asks && !this.#sessions.includes(running.session) ? running : null;
    for (const view of this.#views) view.draw({ executions, running, asking, outside: this.#outside, now: this.#now });
    const going = executions.some((execution) => !hasEnded(execution));
    if (going) this.#tick ??= setInterval(() => this.#redraw(), TICK_MS);
    else if (this.#tick !== null) {
      clearInterval(this.#tick);
      this.#tick = null;
    }
  }
}
