// SPDX-License-Identifier: BSD-3-Clause
// The server's list of runs: what is asked, and what is believed of the answer.

import type { ServerSettings } from '@jupyterlab/services';

/** gone: its cluster does not answer, or has forgotten it. */
export type RunState = 'running' | 'stopping' | 'done' | 'stopped' | 'cancelled' | 'failed' | 'gone';

export interface Run {
  readonly id: string;
  readonly name: string;
  readonly cluster: string;
  readonly notebook: string | null;
  /** This server can open the notebook. */
  readonly here: boolean;
  readonly cell: string | null;
  readonly state: RunState;
  readonly why: string;
  readonly fraction: number | null;
  readonly entries: number | null;
  /** Seconds since 1970. */
  readonly started: number | null;
  readonly ended: number | null;
  /** Seconds. */
  readonly left: number | null;
  /** Lines of a cell that attaches the run; empty where it cannot be reached. */
  readonly attach: string;
}

export interface Cluster {
  readonly name: string;
  readonly reachable: boolean;
  readonly why: string;
  readonly since: number | null;
}

export interface Answer {
  readonly runs: readonly Run[];
  readonly clusters: readonly Cluster[];
}

const STATES = new Set(['running', 'stopping', 'done', 'stopped', 'cancelled', 'failed', 'gone']);
const UNREADABLE = 'The answer of the Jupyter server cannot be read. Is its rdf_live of another version?';
const MISSING = 'The Jupyter server knows no rdf_live. Install it there too, and start the server again.';
const SILENT = 'The Jupyter server does not answer.';

/** Why something did not work, for people. */
export class Trouble extends Error {}

type Fields = Record<string, unknown>;

const text = (value: unknown) => (typeof value === 'string' ? value : '');
const number = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : null);
const list = (value: unknown): Fields[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];

/** An answer of the server; null if it is none. */
export function parse(data: unknown): Answer | null {
  if (typeof data !== 'object' || data === null || !Array.isArray((data as Fields)['runs'])) return null;
  const { runs, clusters } = data as Fields;
  return {
    runs: list(runs)
      .map(parseRun)
      .filter((run) => run.id),
    clusters: list(clusters).map((each) => ({
      name: text(each['name']),
      reachable: each['reachable'] === true,
      why: text(each['why']),
      since: number(each['since']),
    })),
  };
}

function parseRun(each: Fields): Run {
  const state = text(each['state']);
  return {
    id: text(each['run']),
    name: text(each['name']) || 'run',
    cluster: text(each['cluster']),
    notebook: text(each['notebook']) || null,
    here: each['here'] === true,
    cell: text(each['cell']) || null,
    state: STATES.has(state) ? (state as RunState) : 'gone',
    why: text(each['why']),
    fraction: number(each['fraction']),
    entries: number(each['entries']),
    started: number(each['started']),
    ended: number(each['ended']),
    left: number(each['left_s']),
    attach: text(each['attach']),
  };
}

export class Api {
  readonly #settings: ServerSettings;

  constructor(settings: ServerSettings) {
    this.#settings = settings;
  }

  /** Rejects with Trouble. */
  async runs(): Promise<Answer> {
    const answer = parse(await this.#ask('GET', 'runs'));
    if (!answer) throw new Trouble(UNREADABLE);
    return answer;
  }

  /** Rejects with Trouble. */
  async stop(run: string): Promise<void> {
    await this.#ask('POST', `runs/${encodeURIComponent(run)}/stop`);
  }

  async #ask(method: string, path: string): Promise<unknown> {
    const settings = this.#settings;
    const headers = new settings.Headers();
    if (settings.token) headers.append('Authorization', `token ${settings.token}`);
    const xsrf = /(?:^|;\s*)_xsrf=([^;]*)/.exec(document.cookie)?.[1];
    if (xsrf) headers.append('X-XSRFToken', xsrf);
    let response: Response;
    try {
      const url = `${settings.baseUrl}rdf-live/api/${path}`;
      response = await settings.fetch.call(null, new settings.Request(url, { ...settings.init, method, headers }));
    } catch {
      throw new Trouble(SILENT);
    }
    const content: unknown = await response.json().catch(() => null);
    if (response.ok) return content;
    const said = text((content as Fields | null)?.['message']);
    throw new Trouble(said || (response.status === 404 ? MISSING : `The Jupyter server answers ${response.status}.`));
  }
}
