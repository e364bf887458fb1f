// SPDX-License-Identifier: BSD-3-Clause
// What the server says of the executions of a notebook. Times are seconds since 1970.

export type State = 'queued' | 'running' | 'ok' | 'error' | 'aborted' | 'lost';

/** An output as a notebook file has it; with a display_id there is `transient` too. */
export type Output = Readonly<Record<string, unknown>> & { readonly output_type: string };

export interface Asks {
  readonly prompt: string;
  readonly password: boolean;
  readonly time: number;
}

export interface Execution {
  /** msg_id of the request. */
  readonly id: string;
  readonly cell: string;
  /** The page that asked: its kernel.clientId. */
  readonly session: string;
  readonly source: string;
  readonly state: State;
  readonly count: number | null;
  readonly queued: number;
  readonly started: number | null;
  readonly ended: number | null;
  readonly reason: string | null;
  readonly saved: boolean;
  /** The `input()` in which it waits. */
  readonly asks?: Asks | null;
  /** Number of its last change. */
  readonly seq: number;
  /** Not there in messages that only tell a new state. */
  readonly outputs?: readonly Output[];
  /** The next output replaces all others. */
  readonly clear?: boolean;
  /** What was too much for the journal: the outputs are not all. */
  readonly left_out_bytes?: number;
}

export interface Kernel {
  readonly id: string;
  readonly alive: boolean;
  readonly since: number | null;
  readonly reason: string | null;
}

export interface Snapshot {
  readonly type: 'snapshot';
  readonly path: string;
  readonly kernel: Kernel | null;
  readonly seq: number;
  /** Of each cell the newest, in the order in which they were asked for. */
  readonly executions: readonly Execution[];
  /** The pages that are connected now. */
  readonly sessions?: readonly string[];
  /** When the last page before this one went away. */
  readonly left?: number | null;
  /** Sessions that use the kernel but do not show the notebook. */
  readonly outside?: readonly string[];
  /** The time of the server. */
  readonly now?: number;
}

/** An iopub message that changes outputs. */
export interface OutputMessage {
  readonly msg_type: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A version of the file, as the contents API tells it. */
export interface Version {
  readonly last_modified: string;
  readonly hash?: string | null;
}

export type Said =
  | Snapshot
  | { readonly type: 'state'; readonly seq: number; readonly execution: Execution }
  | { readonly type: 'message'; readonly seq: number; readonly id: string; readonly message: OutputMessage }
  | { readonly type: 'kernel'; readonly kernel: Kernel }
  | { readonly type: 'renamed'; readonly path: string }
  | { readonly type: 'sessions'; readonly sessions: readonly string[]; readonly outside?: readonly string[] }
  | { readonly type: 'written'; readonly base: Version; readonly now: Version };

const ENDED: ReadonlySet<State> = new Set(['ok', 'error', 'aborted', 'lost']);

export function hasEnded(execution: Execution): boolean {
  return ENDED.has(execution.state);
}

/** A message of the server; null if it is none that this page knows. */
export function parse(text: unknown): Said | null {
  if (typeof text !== 'string') return null;
  try {
    const said = JSON.parse(text) as Said | null;
    switch (said?.type) {
      case 'snapshot':
        return Array.isArray(said.executions) ? said : null;
      case 'state':
        return typeof said.execution?.id === 'string' ? said : null;
      case 'message':
        return typeof said.message?.msg_type === 'string' && said.message.content ? said : null;
      case 'kernel':
      case 'renamed':
        return said;
      case 'sessions':
        return Array.isArray(said.sessions) ? said : null;
      case 'written':
        return said.base && said.now ? said : null;
      default:
        return null;
    }
  } catch {
    return null;
  }
}
