// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { Wish } from '../src/logs.js';
import type { Drawer, Drawn } from '../src/pane.js';
import { Panel } from '../src/panel.js';
import { bundle, NASTY, pane, plot, progress, run, view } from './bundles.js';
import { settle } from './page.js';

class Refused extends Error {}
let drawn: FakeDrawn[] = [];
let created: Wish[] = [];
let panels: Panel[] = [];

class FakeDrawn implements Drawn {
  readonly axes = ['x', 'y'] as const;
  readonly logs = { x: false, y: false, z: false };
  readonly zoomed = false;
  readonly legend = [];
  readonly colored = true;
  wishes: Wish[] = [];
  updates = 0;
  disposed = false;
  async update(): Promise<void> {
    this.updates += 1;
  }
  async setWish(wish: Wish): Promise<void> {
    this.wishes.push(wish);
  }
  async unzoom(): Promise<void> {}
  async toggleStatistics(): Promise<void> {}
  async resize(): Promise<void> {}
  dispose(): void {
    this.disposed = true;
  }
}

const drawer: Drawer = {
  Refused,
  Drawing: {
    create: async (_node, { objects }, wish) => {
      created.push(wish);
      if (objects[0] === 'bad') throw new Refused('Got a TNothing.');
      if (objects[0] === 'broken') throw new TypeError('x is undefined');
      drawn.push(new FakeDrawn());
      return drawn.at(-1) as FakeDrawn;
    },
  },
};

function panel(load: () => Promise<Drawer> = async () => drawer): Panel {
  const made = new Panel({ load, visible: () => {}, send: () => true, interrupt: () => {}, busy: () => false });
  made.setLink('live');
  panels.push(made);
  document.body.append(made.node);
  return made;
}

afterEach(() => {
  for (const made of panels) made.dispose();
  [drawn, created, panels] = [[], [], []];
  document.body.replaceChildren();
});

const find = (made: Panel, name: string) => made.node.querySelector<HTMLElement>(`.rdf-live-${name}`) as HTMLElement;
const shownText = (made: Panel, name: string) => (find(made, name).hidden ? '' : (find(made, name).textContent ?? ''));

test('the headline says how much of the data is in, in every state', () => {
  const cases: [string, Record<string, unknown> | null, boolean, string][] = [
    ['starting', null, false, 'starting'],
    ['starting', progress({ fraction: 0, entries: 0, running: 0 }), false, 'starting'],
    ['starting', progress({ fraction: 0, entries: 0, running: 4 }), false, 'compiling'],
    ['running', progress(), false, '31 % of the data, 1.23 M entries'],
    ['stopping', progress(), false, 'stopping, 31 % of the data, 1.23 M entries'],
    ['stopping', progress({ fraction: 0, entries: 0 }), false, 'stopping, compiling'],
    ['stopped', progress(), true, 'stopped: 31 % of the data, 1.23 M entries'],
    ['done', progress({ fraction: 1 }), true, 'done: 100 % of the data, 1.23 M entries'],
    ['failed', progress(), true, 'failed: 31 % of the data, 1.23 M entries'],
    ['cancelled', progress(), true, 'cancelled: nothing was kept'],
    ['lost', null, true, 'lost'],
  ];
  for (const [state, given, final, text] of cases) {
    const made = panel();
    made.show(bundle({ run: run({ state }), progress: given, final }));
    assert.equal(shownText(made, 'headline'), text);
    assert.equal(made.node.dataset['state'], state);
    assert.ok(find(made, 'words').textContent, `no empty box in state ${state}`);
  }
});

test('the details say how fast, how long, how many', () => {
  const made = panel();
  made.show(bundle());
  assert.equal(shownText(made, 'details'), '1.23 M of 4 M entries · 1.1 M/s · 0:05 left · 0:03 elapsed · 4 workers');
  made.show(bundle({ frame: 2, progress: progress({ total_is_estimate: true, eta_s: null, workers: 1 }) }));
  assert.equal(shownText(made, 'details'), '1.23 M of ~4 M entries · 1.1 M/s · 0:03 elapsed · 1 worker');
  made.show(bundle({ frame: 3, final: true, run: run({ state: 'stopped' }) }));
  assert.equal(shownText(made, 'details'), '1.23 M of 4 M entries · 0:03 in all');
});

test('a run without workers says what it waits for', () => {
  const made = panel();
  const waiting = { waiting_for: '2 jobs idle', workers: 0, running: 0 };
  made.show(bundle({ progress: progress({ ...waiting, fraction: 0, entries: 0 }) }));
  assert.equal(shownText(made, 'headline'), 'waiting for workers: 2 jobs idle');
  made.show(bundle({ frame: 2, progress: progress({ ...waiting, eta_s: null, rate: 0 }) }));
  assert.equal(shownText(made, 'details'), '1.23 M of 4 M entries · 0:03 elapsed · waiting for workers: 2 jobs idle');
  const { waiting_for: _, ...old } = progress({ entries: 0, running: 0 });
  made.show(bundle({ frame: 3, progress: old }));
  assert.equal(shownText(made, 'headline'), 'starting');
});

test('the bar and the strip say what they show', () => {
  const made = panel();
  made.show(bundle());
  const bar = made.node.querySelector('[role=progressbar]');
  assert.equal(bar?.getAttribute('aria-valuenow'), '31');
  assert.equal(bar?.getAttribute('aria-valuetext'), '31 %');
  const strip = find(made, 'strip');
  assert.equal(strip.getAttribute('aria-label'), '16 ranges: 3 complete, 4 running, 9 waiting');
  const levels = () => [...strip.children].map((mark) => (mark.firstElementChild as HTMLElement).style.height);
  assert.deepEqual(levels().slice(0, 5), ['100%', '100%', '100%', '40%', '0%']);
  assert.equal(strip.children.length, 16);
  const before = [...strip.children];
  made.show(
    bundle({
      frame: 2,
      marks: [
        [1, 4],
        [-1, 1],
      ],
      marks_per: 3,
    }),
  );
  assert.deepEqual(levels(), ['100%', '100%', '100%', '100%', '100%']);
  assert.equal(strip.children[4]?.classList.contains('rdf-live-failed'), true);
  assert.equal(strip.children[0], before[0], 'marks are kept');
  assert.match(strip.getAttribute('aria-label') ?? '', /each mark stands for 3 ranges/);
  made.show(bundle({ frame: 3, marks: [[0, 1e9]] }));
  assert.equal(strip.children.length, 200);
});

test('older updates change nothing', () => {
  const made = panel();
  assert.equal(made.show(bundle({ frame: 5 })), true);
  assert.equal(made.show(bundle({ frame: 5, run: run({ name: 'other' }) })), false);
  assert.equal(made.show(bundle({ frame: 4, run: run({ name: 'other' }) })), false);
  assert.equal(shownText(made, 'name'), 'z');
});

test('failures unfold, and stay unfolded', () => {
  const failure = {
    range: 7,
    files: ['f.root'],
    entries: [1000, 2000],
    attempts: 3,
    worker: 'w',
    type: 'E',
    message: 'a\nb',
  };
  const made = panel();
  made.show(bundle({ failures: [failure], failures_total: 60 }));
  const details = made.node.querySelector('details') as HTMLDetailsElement;
  assert.equal(details.querySelector('summary')?.textContent, 'range 7 failed after 3 attempts: E: a');
  assert.match(details.textContent ?? '', /f\.root.*1,000 to 1,999.*a\nb/s);
  assert.match(find(made, 'failures').textContent ?? '', /60 ranges failedrange.*and 59 more/s);
  details.open = true;
  made.show(bundle({ frame: 2, failures: [failure, { ...failure, range: 8, entries: null }], failures_total: 2 }));
  const rows = made.node.querySelectorAll('details');
  assert.equal(rows[0], details);
  assert.match(rows[1]?.textContent ?? '', /entriesunknown/);
});

test('what is said to be kept is kept', () => {
  const failures = [{ range: 7, files: [], entries: null, attempts: 1, worker: '', type: 'E', message: '' }];
  const cases = [
    ['running', 3, '1 range failed'],
    ['cancelled', 3, '1 range failed'],
    ['lost', 3, '1 range failed'],
    ['failed', 0, '1 range failed'],
    ['failed', 3, '1 range failed; the others are kept'],
    ['done', 3, '1 range failed; the others are kept'],
    ['stopped', 3, '1 range failed; the others are kept'],
  ] as const;
  for (const [state, committed, text] of cases) {
    const made = panel();
    const shown = { run: run({ state }), progress: progress({ committed }), failures, failures_total: 1 };
    made.show(bundle(shown));
    assert.equal(shownText(made, 'failures-title'), text);
  }
});

test('numbers and cut flows are tables', () => {
  const made = panel();
  const cuts = [
    { name: 'charge', pass: 1000, all: 4000 },
    { name: 'mass', pass: 100, all: 1000 },
  ];
  made.show(bundle({ numbers: [{ label: 'Count', text: '1,234' }], reports: [{ label: 'Report', cuts }] }));
  const cells = [...made.node.querySelectorAll('tr')].map((row) => [...row.children].map((cell) => cell.textContent));
  assert.deepEqual(cells, [
    ['Count', '1,234'],
    ['cut', 'pass', 'of', 'efficiency', 'in all'],
    ['charge', '1,000', '4,000', '25 %', '25 %'],
    ['mass', '100', '1,000', '10 %', '2 %'],
  ]);
  const rows = [...made.node.querySelectorAll('th[scope=row]')].map((header) => header.textContent);
  assert.deepEqual(rows, ['Count', 'charge', 'mass']);
});

test('plots are drawn, updated in place, and the others left alone', async () => {
  const made = panel();
  const panes = [pane('a'), pane('b')];
  made.show(bundle({ panes, plots: { 0: plot(), 1: plot({ fraction: 1 }) } }));
  await made.grid.idle();
  const nodes = [...made.node.querySelectorAll('figure')];
  assert.deepEqual(
    [...made.node.querySelectorAll('.rdf-live-part')].map((part) => part.textContent),
    ['31 %', ''],
  );
  made.show(bundle({ frame: 2, panes, plots: { 1: plot() } }));
  await made.grid.idle();
  assert.deepEqual(
    drawn.map(({ updates }) => updates),
    [0, 1],
  );
  assert.deepEqual([...made.node.querySelectorAll('figure')], nodes);
  assert.equal(find(made, 'plot').getAttribute('aria-label'), 'a: 1 k entries, 31 % of the data');
});

test('a palette that was chosen stays, also when the plot has to be made again', async () => {
  const made = panel();
  made.show(bundle({ panes: [pane('a')], plots: { 0: plot() } }));
  await made.grid.idle();
  const select = made.node.querySelector<HTMLSelectElement>('.rdf-live-palette');
  assert.ok(select && !select.hidden);
  assert.equal(select.getAttribute('aria-label'), 'colour palette');
  select.selectedIndex = 1;
  select.dispatchEvent(new Event('change'));
  await made.grid.idle();
  assert.equal(drawn[0]?.wishes.at(-1)?.palette, 112);
  made.show(bundle({ frame: 2, panes: [pane('a')], plots: { 0: plot({ views: [] }) } }));
  made.show(bundle({ frame: 3, panes: [pane('a')], plots: { 0: plot() } }));
  await made.grid.idle();
  assert.equal(drawn.length, 2);
  assert.equal(created.at(-1)?.palette, 112);
  assert.equal(select.selectedIndex, 1);
});

test('what cannot be drawn is said, and the next update is tried', async () => {
  const made = panel();
  const panes = ['a', 'b', 'c'].map(pane);
  const note = 'shown by none';
  const plots = {
    0: plot({ views: [view(['bad'])] }),
    1: plot({ views: [view(['broken'])] }),
    2: plot({ views: [], note }),
  };
  const warn = console.warn;
  let warned = 0;
  console.warn = () => {
    warned += 1;
  };
  try {
    made.show(bundle({ panes, plots }));
    await made.grid.idle();
  } finally {
    console.warn = warn;
  }
  const words = () => [...made.node.querySelectorAll('.rdf-live-words')].map((node) => node.textContent);
  assert.deepEqual(words(), [
    'Got a TNothing.',
    'This plot could not be drawn; the console of the browser says why.',
    note,
  ]);
  assert.equal(warned, 1);
  made.show(bundle({ frame: 2, panes, plots: { 0: plot(), 1: plot(), 2: plot() } }));
  await made.grid.idle();
  assert.deepEqual(words(), ['', '', '']);
});

test('buttons are there while the kernel can hear, and only then', () => {
  const made = panel();
  const shown = () => !find(made, 'tools').hidden;
  made.show(bundle());
  assert.equal(shown(), true);
  for (const [link, words] of [
    ['waiting', /^waiting for the kernel$/],
    ['none', /what was saved/],
    ['lost', /^The kernel was restarted\. If its cluster is still there, the run goes on: rdf_live\.attach\("0f", /],
  ] as const) {
    made.setLink(link);
    assert.equal(shown(), false);
    assert.match(shownText(made, 'sentence'), words);
  }
  made.setLink('live');
  assert.equal(shownText(made, 'sentence'), '');
  made.show(bundle({ frame: 2, final: true, run: run({ state: 'done' }) }));
  assert.equal(shown(), false);
  made.setLink('lost');
  assert.equal(shownText(made, 'sentence'), '', 'a run that is over needs no kernel');
});

test('why a kernel knows nothing of the run is said in its own words', () => {
  const made = panel();
  made.show(bundle());
  const why = 'This kernel does not know the run of this panel: it was restarted, or the run is over.';
  made.said({ error: why, unknown: true });
  made.setLink('lost');
  assert.equal(shownText(made, 'sentence'), why);
  made.setLink('live');
  assert.equal(shownText(made, 'sentence'), '');
  made.setLink('lost');
  assert.match(shownText(made, 'sentence'), /^The kernel was restarted/);
});

test('buttons can be reached by keyboard and say what they do', () => {
  const made = panel();
  made.show(bundle());
  const [stop, cancel] = made.node.querySelectorAll<HTMLButtonElement>('.rdf-live-tools button');
  assert.equal(stop?.tagName, 'BUTTON');
  stop?.click();
  assert.equal(stop?.textContent, 'Stopping…');
  assert.equal(stop?.getAttribute('aria-disabled'), 'true');
  assert.equal(stop?.disabled, false, 'it keeps the keyboard');
  cancel?.click();
  assert.equal(cancel?.textContent, 'Really cancel?');
  assert.equal(cancel?.getAttribute('aria-live'), 'polite', 'which is said');
  made.said({ heard: 'stop' });
  made.said({ error: 'no such run' });
  assert.equal(shownText(made, 'sentence'), 'no such run');
  assert.equal(stop?.getAttribute('aria-disabled'), 'false');
  for (const odd of [null, 7, { heard: 'dance' }, { error: 7 }]) made.said(odd);
});

test('a message of the run is shown; a bundle of another version says so', () => {
  const made = panel();
  made.show(bundle({ run: run({ state: 'failed', message: 'All ranges failed.' }), final: true }));
  assert.equal(shownText(made, 'message'), 'All ranges failed.');
  const other = panel();
  assert.equal(other.show({ version: 2 }), false);
  assert.match(shownText(other, 'message'), /version 2.*draws version 1/);
});

test('a title is text, whatever it holds', async () => {
  for (const nasty of NASTY) {
    const made = panel();
    const failure = {
      range: 0,
      files: [nasty],
      entries: null,
      attempts: 1,
      worker: nasty,
      type: nasty,
      message: nasty,
    };
    made.show(
      bundle({
        run: run({ id: nasty, name: nasty, message: nasty }),
        panes: [pane(nasty)],
        plots: { 0: plot({ note: nasty, views: [view(['{}'], { name: nasty }), view(['{}'], { name: 'b' })] }) },
        numbers: [{ label: nasty, text: nasty }],
        reports: [{ label: nasty, cuts: [{ name: nasty, pass: 1, all: 2 }] }],
        failures: [failure],
        failures_total: 1,
      }),
    );
    made.setLink('lost');
    made.commands.failed(nasty);
    await made.grid.idle();
    await settle();
    assert.equal(made.node.querySelectorAll('script, img, b[onmouseover], iframe, a, style').length, 0, nasty);
    for (const node of made.node.querySelectorAll('*')) {
      const handlers = node.getAttributeNames().filter((name) => name.startsWith('on'));
      assert.deepEqual(handlers, []);
    }
    assert.equal(shownText(made, 'name'), nasty);
  }
  assert.equal('harm' in globalThis, false);
});

test('code that cannot be loaded is said', async () => {
  const warn = console.warn;
  console.warn = () => {};
  try {
    const made = panel(() => Promise.reject(new Error('offline')));
    made.show(bundle({ plots: { 0: plot() } }));
    await made.grid.idle();
    assert.match(find(made, 'words').textContent ?? '', /could not be loaded/);
  } finally {
    console.warn = warn;
  }
});

test('dispose takes all drawings with it', async () => {
  const made = panel();
  made.show(bundle({ panes: [pane('a'), pane('b')], plots: { 0: plot(), 1: plot() } }));
  await made.grid.idle();
  made.dispose();
  assert.deepEqual(
    drawn.map(({ disposed }) => disposed),
    [true, true],
  );
});
