// SPDX-License-Identifier: BSD-3-Clause
// One update of a panel, as the kernel sends it. What is in a notebook may have been written by anybody: each field is
// looked at once, here, and nothing else has to doubt its type.

export const MIME = 'application/vnd.rdf-live.v1+json';

const STATES = ['starting', 'running', 'stopping', 'done', 'stopped', 'cancelled', 'failed', 'lost'] as const;
export type RunState = (typeof STATES)[number];

export interface Run {
  readonly id: string;
  readonly name: string;
  readonly state: RunState;
  /** A cell waits for this run now: an interrupt of the kernel means stop. */
  readonly blocking: boolean;
  /** Seconds since 1970. */
  readonly time: number;
  readonly message: string | null;
}

export interface Progress {
  readonly fraction: number;
  readonly entries: number;
  readonly entriesTotal: number;
  readonly totalIsEstimate: boolean;
  readonly rate: number;
  readonly elapsed: number;
  readonly eta: number | null;
  readonly workers: number;
  readonly ranges: number;
  readonly waiting: number;
  readonly running: number;
  readonly committed: number;
  readonly failed: number;
  readonly waitingFor: string;
}

export interface Failure {
  readonly range: number;
  readonly files: readonly string[];
  readonly entries: readonly [number, number] | null;
  readonly attempts: number;
  readonly worker: string;
  readonly type: string;
  readonly message: string;
}

export interface View {
  readonly name: string;
  readonly stack: boolean;
  /** ROOT's JSON, still as text. */
  readonly objects: readonly string[];
  readonly options: readonly string[];
  /** Drawn on top of a stack. */
  readonly over: readonly string[];
  readonly overOptions: readonly string[];
}

export interface Plot {
  readonly entries: number;
  readonly fraction: number;
  readonly note: string | null;
  readonly views: readonly View[];
}

export interface Pane {
  readonly title: string;
  /** What the user asked for; null: choose. */
  readonly logx: boolean | null;
  readonly logy: boolean | null;
}

export interface Report {
  readonly label: string;
  readonly cuts: readonly { readonly name: string; readonly pass: number; readonly all: number }[];
}

export interface Frame {
  readonly panel: string;
  readonly frame: number;
  readonly run: Run;
  readonly progress: Progress | null;
  readonly marks: readonly (readonly [value: number, count: number])[];
  readonly marksPer: number;
  readonly failures: readonly Failure[];
  readonly failuresTotal: number;
  readonly panes: readonly Pane[];
  /** Panes beside each other; null: as many as there is room for. */
  readonly columns: number | null;
  readonly plots: ReadonlyMap<number, Plot>;
  readonly numbers: readonly { readonly label: string; readonly text: string }[];
  readonly reports: readonly Report[];
  readonly final: boolean;
}

/** What was given is no frame of this version. Its message is a sentence for the user. */
export class NotAFrame extends Error {}

/** Panes beyond this are not drawn: a page with more is no help to anybody. */
const MOST_PANES = 1000;
const MOST_ROWS = 1000;

/**
 * Check one update.
 * @throws NotAFrame
 */
export function readFrame(given: unknown): Frame {
  const data = record(given);
  if (data['version'] !== 1) {
    throw new NotAFrame(
      `This output has version ${short(data['version'])}, and this page draws version 1. ` +
        'Install the rdf-live that wrote it, and load the page again.',
    );
  }
  const run = record(data['run']);
  const state = STATES.find((known) => known === run['state']);
  if (typeof data['panel'] !== 'string' || typeof data['frame'] !== 'number' || !state) {
    throw new NotAFrame('This output is damaged: it does not say which run it shows. Run its cell again.');
  }
  const failures = list(data['failures']).map(failure);
  return {
    panel: data['panel'],
    frame: data['frame'],
    run: {
      id: text(run['id']),
      name: text(run['name']),
      state,
      blocking: run['blocking'] === true,
      time: number(run['time']),
      message: textOrNull(run['message']),
    },
    progress: isRecord(data['progress']) ? progress(data['progress']) : null,
    marks: list(data['marks']).map((mark) => [number(list(mark)[0]), number(list(mark)[1])] as const),
    marksPer: Math.max(1, number(data['marks_per'], 1)),
    failures,
    failuresTotal: Math.max(failures.length, number(data['failures_total'])),
    panes: list(data['panes']).slice(0, MOST_PANES).map(pane),
    columns: number(data['columns']) >= 1 ? Math.floor(number(data['columns'])) : null,
    plots: plots(data['plots']),
    numbers: list(data['numbers']).map((row) => ({
      label: text(record(row)['label']),
      text: text(record(row)['text']),
    })),
    reports: list(data['reports']).map((report) => ({
      label: text(record(report)['label']),
      cuts: list(record(report)['cuts']).map((cut) => ({
        name: text(record(cut)['name']),
        pass: number(record(cut)['pass']),
        all: number(record(cut)['all']),
      })),
    })),
    final: data['final'] === true,
  };
}

function progress(given: Record<string, unknown>): Progress {
  return {
    fraction: Math.min(1, Math.max(0, number(given['fraction']))),
    entries: number(given['entries']),
    entriesTotal: number(given['entries_total']),
    totalIsEstimate: given['total_is_estimate'] === true,
    rate: number(given['rate']),
    elapsed: number(given['elapsed_s']),
    eta: typeof given['eta_s'] === 'number' ? given['eta_s'] : null,
    workers: number(given['workers']),
    ranges: number(given['ranges']),
    waiting: number(given['waiting']),
    running: number(given['running']),
    committed: number(given['committed']),
    failed: number(given['failed']),
    waitingFor: text(given['waiting_for']),
  };
}

function failure(given: unknown): Failure {
  const row = record(given);
  const entries = list(row['entries']);
  return {
    range: number(row['range']),
    files: list(row['files']).map(text),
    entries: entries.length === 2 ? [number(entries[0]), number(entries[1])] : null,
    attempts: number(row['attempts']),
    worker: text(row['worker']),
    type: text(row['type']),
    message: text(row['message']),
  };
}

function pane(given: unknown): Pane {
  const row = record(given);
  return { title: text(row['title']), logx: flag(row['logx']), logy: flag(row['logy']) };
}

function plots(given: unknown): Map<number, Plot> {
  const found = new Map<number, Plot>();
  for (const [key, value] of Object.entries(record(given))) {
    const index = Number(key);
    if (!Number.isInteger(index) || index < 0) continue;
    const row = record(value);
    found.set(index, {
      entries: number(row['entries']),
      fraction: number(row['fraction']),
      note: textOrNull(row['note']),
      views: list(row['views']).map(view),
    });
  }
  return found;
}

function view(given: unknown): View {
  const row = record(given);
  const strings = (value: unknown) => list(value).map(text);
  return {
    name: text(row['name']),
    stack: row['stack'] === true,
    objects: strings(row['objects']),
    options: strings(row['options']),
    over: strings(row['over']),
    overOptions: strings(row['over_options']),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? (value.length > MOST_ROWS ? value.slice(0, MOST_ROWS) : value) : [];
}

function number(value: unknown, otherwise = 0): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : short(value);
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function flag(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}

function short(value: unknown): string {
  return String(JSON.stringify(value) ?? value).slice(0, 40);
}
