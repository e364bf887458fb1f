// SPDX-License-Identifier: BSD-3-Clause
// Which execution goes where. Pure: it knows cells as data only.

import { type Execution, hasEnded, type Output, type Snapshot } from './types.js';
import type { Away } from './words.js';

/** A code cell as it is in the page now. */
export interface CellNow {
  readonly source: string;
  readonly outputs: readonly { readonly output_type?: unknown }[];
  /** What this page shows of the execution already: a part of it there or beside, all of it to its end, or nothing. */
  readonly shown: 'part' | 'beside' | 'all' | null;
}

/** What the page knows besides the execution itself. */
export interface Around {
  /** The connections to kernels that this page has or had: what they asked for is never touched. */
  readonly mine: ReadonlySet<string>;
  /** The pages that are connected now. */
  readonly sessions: readonly string[];
  /** Sessions that use the kernel but do not show the notebook, as consoles do. */
  readonly outside: readonly string[];
  /** All pages share one document, which has the outputs that any of them receives. */
  readonly shared: boolean;
  /** The file that this page has loaded is as old as this: later outputs are not in it, saved or not. */
  readonly loaded: number | null;
}

/**
 * leave: nothing to do; wait: it is queued; follow: it runs, its outputs go on in the cell; restore: the cell gets its
 * outputs; beside: the cell has another text now, the outputs are shown below it; gone: there is no such cell.
 */
export type Step = 'leave' | 'wait' | 'follow' | 'restore' | 'beside' | 'gone';

export function plan(execution: Execution, cell: CellNow | null, around: Around): Step {
  const { session, state, outputs = [], left_out_bytes: leftOut = 0 } = execution;
  if (around.mine.has(session) || (around.shared && !leads(session, around))) return 'leave';
  // Outputs go on where they have begun: also if the cell is edited meanwhile, as JupyterLab does it, and also if another
  // page has saved the end before this one could hear of it.
  if (cell?.shown === 'beside') return 'beside';
  if (cell?.shown === 'part') return hasEnded(execution) ? 'restore' : 'follow';
  if (hasEnded(execution) && !unseen(execution, around.loaded)) {
    const same = cell?.source === execution.source && goesOn(outputs, cell.outputs);
    // The file may have all of what is too much for the journal.
    return same && leftOut === 0 ? 'restore' : 'leave';
  }
  if (!cell) return state === 'running' || outputs.length > 0 ? 'gone' : 'leave';
  if (cell.source !== execution.source && cell.shown === null) {
    return state === 'running' || outputs.length > 0 ? 'beside' : 'leave';
  }
  return state === 'queued' ? 'wait' : state === 'running' ? 'follow' : 'restore';
}

/** The outputs of an execution that has ended are not in the notebook that this page has loaded. */
function unseen(execution: Execution, loaded: number | null): boolean {
  return !execution.saved || (loaded !== null && (execution.ended ?? 0) > loaded);
}

/** Where a document is shared, one page puts in what nobody else does: that of the first session. */
function leads(session: string, { mine, sessions, outside }: Around): boolean {
  if (sessions.includes(session)) return false;
  const [first] = sessions.filter((one) => !outside.includes(one)).sort();
  return first === undefined || mine.has(first);
}

/** Outputs with a display_id that the notebook has already, and that the kernel may still change. */
function goesOn(outputs: readonly Output[], shown: CellNow['outputs']): boolean {
  return (
    outputs.some((output) => output['transient']) &&
    outputs.length === shown.length &&
    outputs.every((output, index) => output.output_type === shown[index]?.output_type)
  );
}

/** What happened while no page was there, for the banner. `position`: of a cell among the code cells, from 1. */
export function whileAway(
  snapshot: Snapshot,
  around: Around,
  cells: ReadonlyMap<string, { readonly position: number; readonly source: string }>,
): Away {
  const away = {
    running: null as Away['running'],
    queued: 0,
    finished: 0,
    failed: 0,
    lost: [] as number[],
    reason: null as Away['reason'],
    notRun: 0,
    edited: 0,
    gone: [] as string[],
  };
  for (const execution of snapshot.executions) {
    const { session, state, started, outputs = [] } = execution;
    if (around.mine.has(session) || around.sessions.includes(session)) continue;
    const cell = cells.get(execution.cell);
    if (!cell && around.outside.includes(session)) continue;
    // What has no place in the notebook is told again, until it is dismissed.
    if (outputs.length > 0 && !execution.saved && !cell) away.gone.push(execution.id);
    else if (outputs.length > 0 && !execution.saved && cell?.source !== execution.source) away.edited += 1;
    if (hasEnded(execution) && !endedAway(execution, snapshot.left)) continue;
    if (state === 'queued') away.queued += 1;
    else if (state === 'running') away.running = { cell: cell?.position ?? null, since: started ?? execution.queued };
    else if (state === 'aborted') away.notRun += 1;
    else if (state === 'lost') away.lost.push(...(cell ? [cell.position] : []));
    else {
      away.finished += 1;
      if (state === 'error') away.failed += 1;
    }
    if ((state === 'lost' || state === 'aborted') && execution.reason) {
      away.reason ??= { text: execution.reason, time: execution.ended ?? execution.queued };
    }
  }
  return away;
}

function endedAway({ saved, ended }: Execution, left: Snapshot['left']): boolean {
  if (left === undefined) return !saved;
  return left !== null && (ended ?? 0) > left;
}
