// SPDX-License-Identifier: BSD-3-Clause
// Which execution goes where. Pure: it knows cells as data only.

import { type Execution, hasEnded, type Output, type Snapshot } from './types.js';
import type { Away } from './words.js';

/** A code cell as it is in the page now. */
export interface CellNow {
  readonly id: string;
  readonly source: string;
  readonly outputs: readonly { readonly output_type?: unknown }[];
}

/** What the page knows besides the execution itself. */
export interface Around {
  /** The connections to kernels that this page has or had: what they asked for is never touched. */
  readonly mine: ReadonlySet<string>;
  /** The pages that are connected now. */
  readonly sessions: readonly string[];
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
  const { session, state, outputs = [] } = execution;
  if (around.mine.has(session) || (around.shared && !leads(session, around))) return 'leave';
  if (hasEnded(execution) && !unseen(execution, around.loaded)) {
    return cell?.source === execution.source && goesOn(outputs, cell.outputs) ? 'restore' : 'leave';
  }
  if (!cell) return state === 'running' || outputs.length > 0 ? 'gone' : 'leave';
  if (cell.source !== execution.source) return state === 'running' || outputs.length > 0 ? 'beside' : 'leave';
  return state === 'queued' ? 'wait' : state === 'running' ? 'follow' : 'restore';
}

/** The outputs of an execution that has ended are not in the notebook that this page has loaded. */
function unseen(execution: Execution, loaded: number | null): boolean {
  return !execution.saved || (loaded !== null && (execution.ended ?? 0) > loaded);
}

/** Where a document is shared, one page puts in what nobody else does: that of the first session. */
function leads(session: string, { mine, sessions }: Around): boolean {
  if (sessions.includes(session)) return false;
  const [first] = [...sessions].sort();
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
    reason: null as string | null,
    notRun: 0,
    edited: 0,
    gone: 0,
  };
  for (const execution of snapshot.executions) {
    const { session, state, started, outputs = [] } = execution;
    if (around.mine.has(session) || around.sessions.includes(session)) continue;
    const cell = cells.get(execution.cell);
    // What has no place in the notebook is told again, until it is dismissed.
    if (outputs.length > 0 && !execution.saved && !cell) away.gone += 1;
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
    if (state === 'lost' || state === 'aborted') away.reason ??= execution.reason;
  }
  return away;
}

function endedAway({ saved, ended }: Execution, left: Snapshot['left']): boolean {
  if (left === undefined) return !saved;
  return left !== null && (ended ?? 0) > left;
}
