// SPDX-License-Identifier: BSD-3-Clause
// Every sentence of the journal in the page. Times are seconds since 1970.

import type { Execution } from './types.js';

function two(number: number): string {
  return String(number).padStart(2, '0');
}

/** When, on the clock of the reader: "10:41", on another day "23 Nov, 10:41". */
export function clock(time: number, now: number): string {
  const [date, today] = [new Date(1000 * time), new Date(1000 * now)];
  const [hours, minutes] = [date.getHours(), date.getMinutes()].map(two);
  const hour = `${hours}:${minutes}`;
  return date.toDateString() === today.toDateString() ? hour : `${day(date)}, ${hour}`;
}

function day(date: Date): string {
  return `${date.getDate()} ${date.toLocaleString('en', { month: 'short' })}`;
}

/** How long, as a counter shows it: "0:05", "2:31", "1:02:31". */
export function counter(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** How long something took: "0.4 s", "12 s", "2:31". */
export function took(seconds: number): string {
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${counter(whole)} ${whole < 3600 ? 'min' : 'h'}`;
}

export function ordinal(number: number): string {
  const ending = ['th', 'st', 'nd', 'rd'][number % 10] ?? 'th';
  return `${number}${number % 100 > 10 && number % 100 < 14 ? 'th' : ending}`;
}

function counted(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** "cell 3", "cells 3 and 5", "cells 3, 5 and 6"; many only as a number. */
export function cells(numbers: readonly number[]): string {
  if (numbers.length > 3) return `${numbers.length} cells`;
  const last = numbers[numbers.length - 1];
  const others = numbers.slice(0, -1).join(', ');
  return others ? `cells ${others} and ${last}` : `cell ${last}`;
}

/** The label of a queued cell; the first that comes next has position 1. */
export function queuedLabel(position: number): string {
  return position === 1 ? 'queued, next' : `queued, ${ordinal(position)}`;
}

export function runningLabel(execution: Execution, now: number): string {
  return `running ${counter(now - (execution.started ?? now))}`;
}

/** The label of a cell that has ended, seen when the mouse is over it; null: there is nothing to tell. */
export function endedLabel(execution: Execution, now: number): string | null {
  const { state, started, ended } = execution;
  if (ended === null || started === null || (state !== 'ok' && state !== 'error')) return null;
  return `${state === 'error' ? 'failed ' : ''}${clock(ended, now)}, ${took(ended - started)}`;
}

/** The same in full, for the prompt. */
export function endedTitle(execution: Execution, now: number): string | null {
  const { state, started, ended } = execution;
  if (ended === null || started === null || (state !== 'ok' && state !== 'error')) return null;
  const how = state === 'error' ? 'failed' : 'finished';
  return `Started at ${clock(started, now)}, ${how} at ${clock(ended, now)} after ${took(ended - started)}.`;
}

/** Why a cell has no end of its own; null: it has one. */
export function endedBadly(execution: Execution): string | null {
  const { state, reason } = execution;
  if (state === 'lost') return reason ?? 'The kernel went away while this cell was running.';
  if (state !== 'aborted') return null;
  if (!reason) return 'Not run.';
  return reason.startsWith('Not run') ? reason : `Not run: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`;
}

/** The heading of outputs that belong to another source than the cell has now. */
export function besideHeading(execution: Execution, mirrored: boolean, now: number): string {
  const whose = mirrored ? 'Output of this cell in another page' : 'Output of an earlier version of this cell';
  const state =
    execution.state === 'running'
      ? `running since ${clock(execution.started ?? now, now)}`
      : clock(execution.ended ?? execution.queued, now);
  return `${whose}, ${state}`;
}

/** What the toolbar says while something runs that this page did not start. `cell`: its position, or why it has none. */
export function busyLabel(execution: Execution, cell: number | 'deleted' | 'outside', now: number): string {
  const who = { deleted: 'a deleted cell', outside: 'something outside this notebook' };
  return `busy: ${typeof cell === 'number' ? `cell ${cell}` : who[cell]}, ${counter(now - (execution.started ?? now))}`;
}

/** What happened while nobody looked; the numbers are positions of cells. */
export interface Away {
  readonly running: { readonly cell: number | null; readonly since: number } | null;
  readonly queued: number;
  readonly finished: number;
  readonly failed: number;
  readonly lost: readonly number[];
  /** Why, if it is known. */
  readonly reason: { readonly text: string; readonly time: number } | null;
  readonly notRun: number;
  /** Results of cells whose text is another one now. */
  readonly edited: number;
  /** Executions with results whose cells are not there any more. */
  readonly gone: readonly string[];
}

/** The sentences of the banner; null: nothing happened. `nameless`: the file does not say which cell is which. */
export function awayText(away: Away, nameless: boolean, now: number): string | null {
  const { running, queued, lost, notRun, edited, gone, reason } = away;
  const parts = [runningPart(running, queued, now), finishedPart(away)];
  if (lost.length > 0) parts.push(`${cells(lost)} did not finish`);
  if (notRun > 0) parts.push(`${counted(notRun, 'cell was', 'cells were')} not run`);
  if (edited > 0) parts.push(`${counted(edited, 'result belongs', 'results belong')} to an earlier version of a cell`);
  if (gone.length > 0) {
    const unknown = nameless ? ', or that this notebook cannot name: its format is older than 4.5' : '';
    parts.push(`${counted(gone.length, 'result belongs', 'results belong')} to a cell that is gone${unknown}`);
  }
  const told = parts.filter((part) => part !== null);
  return told.length > 0 ? `Reconnected: ${told.join('; ')}.${reason ? ` ${reasonText(reason, now)}` : ''}` : null;
}

/** The sentence has an hour; of another day that says little. */
function reasonText({ text, time }: NonNullable<Away['reason']>, now: number): string {
  const [date, today] = [new Date(1000 * time), new Date(1000 * now)];
  return date.toDateString() === today.toDateString() ? text : `${text} That was on ${day(date)}.`;
}

function runningPart(running: Away['running'], queued: number, now: number): string | null {
  if (!running) return queued > 0 ? `${counted(queued, 'cell is', 'cells are')} queued` : null;
  const who = running.cell === null ? 'a deleted cell' : `cell ${running.cell}`;
  return `${who} running since ${clock(running.since, now)}${queued > 0 ? `, ${queued} queued` : ''}`;
}

function finishedPart({ finished, failed }: Away): string | null {
  if (finished === 0) return null;
  if (finished === 1) return `1 cell ${failed ? 'failed' : 'finished'} while you were away`;
  const how = failed === 0 ? '' : failed === finished ? ', all failed' : `, ${failed} failed`;
  return `${finished} cells finished while you were away${how}`;
}
