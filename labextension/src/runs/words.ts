// SPDX-License-Identifier: BSD-3-Clause
// What the list of runs says, as a person reads it. Pure.

import { amount, clock, percent } from '../text.js';
import type { Cluster, Run, RunState } from './api.js';

export const LOOKING = 'Looking for runs…';
export const EMPTY = 'No runs. rdf_live.start(...) in a notebook begins one.';
export const HEARD = 'Stop was heard. What has been computed is kept.';
export const NO_NOTEBOOK = 'Open a notebook first: the lines go below its active cell.';

const STATES: Record<RunState, string> = {
  running: 'running',
  stopping: 'stopping',
  done: 'done',
  stopped: 'stopped early',
  cancelled: 'cancelled',
  failed: 'failed',
  gone: 'not reachable',
};

export const stateWord = (state: RunState): string => STATES[state];

/** How far it is: "31 % · 1.23 M entries · 0:42 left". */
export function progressText(run: Run): string {
  if (run.state === 'cancelled') return 'nothing was kept';
  if (run.fraction === null) return '';
  if (run.state === 'running' && !run.entries) return 'no entries yet';
  const parts = [percent(run.fraction), `${amount(run.entries ?? 0)} entries`];
  // Of the first per cent nobody can tell.
  if (run.state === 'running' && run.left !== null && run.fraction >= 0.01) parts.push(`${clock(run.left)} left`);
  return parts.join(' · ');
}

/** A time of today as "10:41", of another day as "23 Nov, 10:41". Seconds since 1970. */
export function timeText(time: number, now: number): string {
  const [then, today] = [new Date(1000 * time), new Date(1000 * now)];
  const hours = then.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (then.toDateString() === today.toDateString()) return hours;
  return `${then.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })}, ${hours}`;
}

/** When: "since 10:41", or "10:41, took 2:31". */
export function timesText(run: Run, now: number): string {
  if (run.started === null) return '';
  const started = timeText(run.started, now);
  if (run.state === 'running' || run.state === 'stopping') return `since ${started}`;
  if (run.ended === null) return `started ${started}`;
  return `${started}, took ${clock(run.ended - run.started)}`;
}

/** Where it was started: "cell 4 in z_peak.ipynb"; the number is known while the notebook is open. */
export function placeText(run: Run, position: number | null): string {
  if (!run.notebook) return '';
  const name = run.notebook.slice(run.notebook.lastIndexOf('/') + 1);
  return position === null ? name : `cell ${position} in ${name}`;
}

/** Why a cluster has no runs here. */
export function clusterText(cluster: Cluster, now: number): string {
  const since = cluster.since === null ? '' : ` since ${timeText(cluster.since, now)}`;
  return `${cluster.name}: not reachable${since}. ${cluster.why}`.trim();
}

/** What a click on the name of a run does, or why it does nothing. */
export function nameHint(run: Run): string {
  if (run.here) return `Go to the cell in ${run.notebook}`;
  if (!run.notebook) return 'It was not started in a notebook.';
  return `${run.notebook} is not among the notebooks of this Jupyter server.`;
}

export const added = (notebook: string): string => `Added a cell to ${notebook}. Run it to attach.`;
export const cellGone = (notebook: string): string => `The cell is no longer in ${notebook}.`;
