// SPDX-License-Identifier: BSD-3-Clause
// Which run stands in which part of the list. Pure.

import type { Run } from './api.js';

export type Group = 'running' | 'ended' | 'gone';

export const GROUPS: readonly Group[] = ['running', 'ended', 'gone'];

export const TITLES: Record<Group, string> = { running: 'Running', ended: 'Ended', gone: 'Not reachable' };

export function groupOf(run: Run): Group {
  if (run.state === 'gone') return 'gone';
  return run.state === 'running' || run.state === 'stopping' ? 'running' : 'ended';
}

/** The runs of each group, in the order they came. */
export function grouped(runs: readonly Run[]): Record<Group, Run[]> {
  const found: Record<Group, Run[]> = { running: [], ended: [], gone: [] };
  for (const run of runs) found[groupOf(run)].push(run);
  return found;
}
