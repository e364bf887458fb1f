// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { afterEach, mock, test } from 'node:test';
import { type Answer, Api, parse, type Run, Trouble } from '../src/runs/api.js';
import { Board } from '../src/runs/board.js';
import { Notebooks } from '../src/runs/notebooks.js';
import { PERIOD_MS, Poller } from '../src/runs/poller.js';
import { type Actions, TOLD_S } from '../src/runs/row.js';
import * as words from '../src/runs/words.js';
import { NASTY } from './bundles.js';
import { settle } from './page.js';

const NOW = new Date(2026, 10, 24, 10, 45).getTime() / 1000;
const at = (hour: number, minute: number, day = 24) => new Date(2026, 10, day, hour, minute).getTime() / 1000;

/** A run as the server tells it. */
function told(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    run: 'a1',
    name: 'Z peak',
    cluster: 'naf',
    address: 'tls://host:8786',
    notebook: 'work/z_peak.ipynb',
    here: true,
    cell: 'c4',
    host: 'host',
    state: 'running',
    why: '',
    fraction: 0.31,
    entries: 1_234_567,
    total: 4_000_000,
    started: at(10, 41),
    ended: null,
    left_s: 42,
    attach: 'import rdf_live\nrun = rdf_live.attach("a1")\nrun',
    ...changes,
  };
}

function answer(runs: Record<string, unknown>[], clusters: Record<string, unknown>[] = []): Answer {
  const parsed = parse({ runs, clusters });
  assert.ok(parsed);
  return parsed;
}

const run = (changes: Record<string, unknown> = {}): Run => answer([told(changes)]).runs[0] as Run;

let boards: Board[] = [];

function board(changes: Partial<Actions> = {}): Board {
  const made = new Board({
    stop: async () => {},
    open: async () => {},
    attach: async () => 'Added.',
    canAttach: () => true,
    position: () => null,
    ...changes,
  });
  document.body.append(made.node);
  boards.push(made);
  return made;
}

afterEach(() => {
  boards = [];
  document.body.replaceChildren();
});

const all = (made: Board, selector: string) => [...made.node.querySelectorAll<HTMLElement>(selector)];
const shown = (made: Board, selector: string) =>
  all(made, selector)
    .filter((node) => !node.closest('[hidden]'))
    .map((node) => node.textContent);
const press = (made: Board, label: string) => {
  const found = all(made, 'button').find((node) => (node.getAttribute('aria-label') ?? node.textContent) === label);
  assert.ok(found, label);
  found.click();
};

test('what an answer does not hold is not invented', () => {
  assert.equal(parse(null), null);
  assert.equal(parse({}), null);
  assert.deepEqual(parse({ runs: [] }), { runs: [], clusters: [] });
  const [odd] = answer([{ run: 'x', state: 'new', fraction: 'much', entries: Number.NaN, here: 1 }, 7 as never]).runs;
  assert.deepEqual(
    [odd?.name, odd?.state, odd?.fraction, odd?.entries, odd?.here, odd?.notebook],
    ['run', 'gone', null, null, false, null],
  );
  assert.equal(answer([told({ run: '' })]).runs.length, 0);
});

test('progress in words', () => {
  const cases: [Record<string, unknown>, string][] = [
    [{}, '31 % · 1.23 M entries · 0:42 left'],
    [{ left_s: null }, '31 % · 1.23 M entries'],
    [{ fraction: 0.004, entries: 100 }, '0.4 % · 100 entries'],
    [{ fraction: 0, entries: 0 }, 'no entries yet'],
    [{ state: 'stopping' }, '31 % · 1.23 M entries'],
    [{ state: 'stopped', left_s: null }, '31 % · 1.23 M entries'],
    [{ state: 'done', fraction: 1, entries: 4e6 }, '100 % · 4 M entries'],
    [{ state: 'cancelled' }, 'nothing was kept'],
    [{ state: 'gone', fraction: null }, ''],
  ];
  for (const [changes, expected] of cases) assert.equal(words.progressText(run(changes)), expected);
});

test('times in words', () => {
  assert.equal(words.timesText(run(), NOW), 'since 10:41');
  assert.equal(words.timesText(run({ state: 'done', ended: at(10, 43) + 31 }), NOW), '10:41, took 2:31');
  assert.equal(words.timesText(run({ state: 'gone', started: at(9, 5, 23) }), NOW), 'started 23 Nov, 09:05');
  assert.equal(words.timesText(run({ started: null }), NOW), '');
});

test('places and clusters in words', () => {
  assert.equal(words.placeText(run(), 4), 'cell 4 in z_peak.ipynb');
  assert.equal(words.placeText(run(), null), 'z_peak.ipynb');
  assert.equal(words.placeText(run({ notebook: null }), null), '');
  const [cluster] = answer([], [{ name: 'naf', reachable: false, why: 'No answer.', since: at(10, 41) }]).clusters;
  assert.ok(cluster);
  assert.equal(words.clusterText(cluster, NOW), 'naf: not reachable since 10:41. No answer.');
  assert.match(words.nameHint(run({ here: false })), /not among the notebooks/);
  assert.match(words.nameHint(run({ here: false, notebook: null })), /not started in a notebook/);
});

test('runs stand in groups, in their order', () => {
  const made = board();
  assert.deepEqual(shown(made, '.rdf-live-runs-message'), [words.LOOKING]);
  made.show(answer([]));
  assert.deepEqual(shown(made, '.rdf-live-runs-message'), [words.EMPTY]);
  const states = ['done', 'running', 'gone', 'failed', 'stopping'];
  made.show(answer(states.map((state) => told({ run: state, name: state, state }))));
  assert.deepEqual(shown(made, '.rdf-live-runs-message'), []);
  assert.deepEqual(shown(made, '.rdf-live-runs-group'), ['Running (2)', 'Ended (2)', 'Not reachable (1)']);
  assert.deepEqual(shown(made, '.rdf-live-runs-name'), ['running', 'stopping', 'done', 'failed', 'gone']);
  assert.deepEqual(shown(made, '.rdf-live-runs-state')[1], 'stopping');
  made.fail('The Jupyter server does not answer.');
  assert.deepEqual(shown(made, '.rdf-live-runs-message'), ['The Jupyter server does not answer.']);
  assert.equal(shown(made, '.rdf-live-runs-name').length, 5, 'what was known stays');
});

test('nodes stay, and so does the keyboard', () => {
  const made = board();
  made.show(answer([told({ run: 'b', name: 'b' }), told()]));
  const before = all(made, 'li.rdf-live-runs-row');
  all(made, 'button[aria-label="Stop Z peak"]')[0]?.focus();
  made.show(answer([told({ run: 'c', name: 'c' }), told({ run: 'b', name: 'b', state: 'done' }), told()]));
  assert.equal(document.activeElement?.getAttribute('aria-label'), 'Stop Z peak');
  assert.ok(before.every((node) => made.node.contains(node)));
  made.show(answer([told({ state: 'stopped' })]));
  assert.equal(document.activeElement?.getAttribute('aria-label'), 'Attach Z peak here', 'in its new place');
  assert.deepEqual(shown(made, '.rdf-live-runs-group'), ['Ended (1)']);
});

test('Stop says at once that it was heard, and once only', async () => {
  const asked: string[] = [];
  const made = board({ stop: async ({ id }) => void asked.push(id) });
  made.show(answer([told()]));
  press(made, 'Stop Z peak');
  assert.deepEqual(shown(made, '.rdf-live-button'), ['Stopping…', 'Attach here']);
  press(made, 'Stopping Z peak');
  await settle();
  assert.deepEqual(asked, ['a1']);
  assert.deepEqual(shown(made, '.rdf-live-runs-said'), [words.HEARD]);
  made.show(answer([told()]));
  assert.deepEqual(shown(made, '.rdf-live-button')[0], 'Stopping…', 'an answer from before the stop');
  made.show(answer([told({ state: 'stopped' })]));
  assert.deepEqual(shown(made, '.rdf-live-button'), ['Attach here']);
  assert.deepEqual(shown(made, '.rdf-live-runs-said'), ['']);
});

test('what came of a click is not told for ever', async () => {
  const made = board();
  made.show(answer([told()]));
  press(made, 'Attach Z peak here');
  await settle();
  made.show(answer([told()]));
  assert.deepEqual(shown(made, '.rdf-live-runs-said'), ['Added.']);
  mock.timers.enable({ apis: ['Date'], now: Date.now() + 1000 * (TOLD_S + 1) });
  try {
    made.show(answer([told()]));
    assert.deepEqual(shown(made, '.rdf-live-runs-said'), ['']);
  } finally {
    mock.timers.reset();
  }
});

test('a stop that nobody heard can be asked again', async () => {
  const made = board({ stop: () => Promise.reject(new Trouble('The stop was not heard.')) });
  made.show(answer([told()]));
  press(made, 'Stop Z peak');
  await settle();
  assert.deepEqual(shown(made, '.rdf-live-button')[0], 'Stop');
  assert.deepEqual(shown(made, '.rdf-live-runs-said'), ['The stop was not heard.']);
});

test('nothing of a name becomes markup', () => {
  const nasty = NASTY.join(' ');
  const made = board();
  const clusters = [{ name: nasty, reachable: false, why: nasty }];
  made.show(answer([told({ name: nasty, notebook: nasty, cluster: nasty, why: nasty })], clusters));
  assert.equal(all(made, 'img, script').length, 0);
  assert.equal(shown(made, '.rdf-live-runs-name')[0], nasty);
});

test('a run that cannot be opened or attached says why', () => {
  const made = board({ canAttach: () => false });
  made.show(
    answer([told({ here: false }), told({ run: 'b', attach: '', state: 'gone', why: 'Its cluster is away.' })]),
  );
  const [name] = all(made, '.rdf-live-runs-name') as HTMLButtonElement[];
  assert.equal(name?.disabled, true);
  const attach = all(made, 'button[aria-label="Attach Z peak here"]') as HTMLButtonElement[];
  assert.deepEqual(
    attach.map((node) => [node.hidden, node.disabled, node.title]),
    [
      [false, true, words.NO_NOTEBOOK],
      [true, true, words.NO_NOTEBOOK],
    ],
  );
  assert.ok(shown(made, '.rdf-live-runs-line').includes('Its cluster is away.'));
});

/** A notebook as JupyterLab has it, as far as it is used. */
function notebook(path: string, ids: string[]) {
  const cells = ids.map((id) => ({ model: { id, type: id.startsWith('m') ? 'markdown' : 'code' } }));
  const panel = {
    id: `panel-${path}`,
    context: { path, ready: Promise.resolve() },
    revealed: Promise.resolve(),
    went: [] as string[],
    model: {
      sharedModel: {
        insertCell: (index: number, { source }: Record<string, unknown>) =>
          cells.splice(index, 0, { model: { id: String(source), type: 'code' } }),
      },
    },
    content: {
      widgets: cells,
      activeCellIndex: 1,
      scrollToCell: async (cell: { model: { id: string } }) => void panel.went.push(cell.model.id),
    },
  };
  return panel;
}

function page(panels: ReturnType<typeof notebook>[], opened: ReturnType<typeof notebook> | null = null) {
  const did: string[] = [];
  const app = {
    shell: { add: () => {}, activateById: (id: string) => void did.push(id) },
    commands: {
      execute: async (id: string, args?: Record<string, unknown>) => {
        did.push(`${id} ${args?.['path']}`);
        return opened;
      },
    },
  };
  const tracker = {
    currentWidget: panels[0] ?? null,
    find: (wanted: (panel: never) => boolean) => panels.find((panel) => wanted(panel as never)),
  };
  return { did, notebooks: new Notebooks(app, tracker as never) };
}

test('a click on the name goes to the cell, in a notebook that is open or not', async () => {
  const open = notebook('RTC:work/z_peak.ipynb', ['m1', 'c1', 'm2', 'c4']);
  const { did, notebooks } = page([notebook('other.ipynb', []), open]);
  assert.equal(notebooks.position(run()), 2, 'among code cells');
  await notebooks.open(run());
  assert.deepEqual([did, open.went], [[open.id], ['c4']]);

  const later = notebook('work/z_peak.ipynb', ['c4']);
  const empty = page([], later);
  assert.equal(empty.notebooks.position(run()), null);
  await empty.notebooks.open(run());
  assert.deepEqual([empty.did, later.went], [['docmanager:open work/z_peak.ipynb'], ['c4']]);
  await page([], null).notebooks.open(run());
  await assert.rejects(page([notebook('work/z_peak.ipynb', [])]).notebooks.open(run()), /no longer in z_peak.ipynb/);
});

test('the lines go below the active cell of the notebook one looks at', async () => {
  const open = notebook('dir/new.ipynb', ['c1', 'c2', 'c3']);
  const { did, notebooks } = page([open]);
  assert.equal(await notebooks.attach(run()), words.added('new.ipynb'));
  assert.equal(open.content.widgets[2]?.model.id, run().attach);
  assert.deepEqual([did, open.went], [[open.id], [run().attach]]);
  await assert.rejects(page([]).notebooks.attach(run()), /Open a notebook first/);
  assert.equal(page([]).notebooks.canAttach(), false);
});

test('asks while somebody looks, one question at a time', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    let asked = 0;
    let reply = () => {};
    const poller = new Poller(() => {
      asked += 1;
      return new Promise((resolve) => {
        reply = resolve;
      });
    });
    poller.soon();
    assert.equal(asked, 0, 'nobody looks');
    poller.look(true);
    poller.soon();
    mock.timers.tick(PERIOD_MS);
    assert.equal(asked, 1);
    reply();
    await settle();
    assert.equal(asked, 2, 'asked for meanwhile');
    reply();
    await settle();
    mock.timers.tick(PERIOD_MS);
    assert.equal(asked, 3);
    poller.look(false);
    reply();
    await settle();
    mock.timers.tick(10 * PERIOD_MS);
    assert.equal(asked, 3);
  } finally {
    mock.timers.reset();
  }
});

test('the server is asked as Jupyter wants it, and its errors are told in words', async () => {
  const asked: Request[] = [];
  let response: () => Response = () => Response.json({ runs: [told()], clusters: [] });
  const settings = {
    baseUrl: 'http://127.0.0.1/user/me/',
    token: 'secret',
    init: {},
    fetch: (async (request: Request) => {
      asked.push(request);
      return response();
    }) as typeof fetch,
    Request,
    Headers,
  };
  // biome-ignore lint/suspicious/noDocumentCookie: it is where Jupyter keeps it
  document.cookie = '_xsrf=2|abc';
  const api = new Api(settings as never);
  assert.equal((await api.runs()).runs[0]?.name, 'Z peak');
  assert.equal(asked[0]?.url, 'http://127.0.0.1/user/me/rdf-live/api/runs');
  assert.equal(asked[0]?.headers.get('Authorization'), 'token secret');
  await api.stop('a/1');
  assert.deepEqual([asked[1]?.method, asked[1]?.url.slice(-16)], ['POST', '/runs/a%2F1/stop']);
  const cases: [() => Response, RegExp][] = [
    [() => new Response('<html>', { status: 404 }), /knows no rdf_live/],
    [() => Response.json({ message: 'got the run x, expected one.' }, { status: 404 }), /got the run x/],
    [() => new Response('no', { status: 500 }), /answers 500/],
    [() => new Response('no'), /cannot be read/],
    [
      () => {
        throw new TypeError('Failed to fetch');
      },
      /does not answer/,
    ],
  ];
  for (const [next, sentence] of cases) {
    response = next;
    await assert.rejects(api.runs(), (error) => error instanceof Trouble && sentence.test(error.message));
  }
});
