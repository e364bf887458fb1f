// SPDX-License-Identifier: BSD-3-Clause
// What may be given to JSROOT. It would draw any class it knows, load MathJax from the network for a text with a
// backslash, and run the formula of a TF1 as code: so only histograms, profiles and graphs pass, without functions.

export type RootObject = Record<string, unknown> & { _typename: string };
export type Kind = 'hist' | 'profile' | 'map' | 'graph';

/** The object cannot be drawn. Its message is a sentence for the user. */
export class Refused extends Error {}

const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/^TH1[CSIFDLK]$/, 'hist'],
  [/^TProfile$/, 'profile'],
  [/^(TH2[CSIFDLK]|TProfile2D)$/, 'map'],
  [/^TGraph(Errors|AsymmErrors)?$/, 'graph'],
];
/** Objects inside of one that is drawn. */
const PARTS = /^(TAxis|TList|THashList|TObjArray|TObjString|TH1[FD])$/;
const OPTIONS: Record<Kind, RegExp> = {
  hist: /^(hist|e[0-4]?(x0)?|p0?|l|c|f|b|text)*$/,
  profile: /^(hist|e[0-4]?|p0?|l)*$/,
  map: /^(colz?|col0z?|col1z?|box1?|scat|text|contz?|cont[1-4]z?)*$/,
  graph: /^[aplcz0-4]*$/,
};
const STANDARD: Record<Kind, string> = { hist: 'hist', profile: 'e', map: 'colz', graph: 'ap' };
const DEPTH = 12;

/** Check a parsed object, in place: what it is, or why it is not drawn. */
export function clean(given: unknown): { object: RootObject; kind: Kind } {
  if (!isObject(given) || typeof given['_typename'] !== 'string') {
    throw new Refused('Got something that is no ROOT object, expected a histogram, a profile or a graph.');
  }
  const name = given['_typename'];
  const kind = KINDS.find(([pattern]) => pattern.test(name))?.[1];
  if (!kind) throw new Refused(`Got a ${name.slice(0, 60)}, expected a histogram, a profile or a graph.`);
  tidy(given, new Set(), 0);
  checkShape(given as RootObject, kind);
  return { object: given as RootObject, kind };
}

/** A draw option that is known to draw and to do nothing else. */
export function cleanOption(option: string, kind: Kind): string {
  const bare = option.toLowerCase().replace(/same|[\s,;]/g, '');
  return bare && OPTIONS[kind].test(bare) ? bare : STANDARD[kind];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function tidy(object: Record<string, unknown>, seen: Set<unknown>, depth: number): void {
  seen.add(object);
  for (const [key, value] of Object.entries(object)) {
    if (typeof value === 'function') continue;
    // JSROOT keeps what it computes under names with a dollar; nothing of that may come from outside.
    if (key.startsWith('$')) delete object[key];
    else if (key === 'fFunctions') object[key] = emptied(value);
    else object[key] = tidied(value, seen, depth);
  }
}

/** A list keeps the methods that JSROOT gave it. */
function emptied(list: unknown): unknown {
  return isObject(list) && list['_typename'] === 'TList' ? Object.assign(list, { arr: [], opt: [] }) : null;
}

/** JSROOT loads MathJax for a backslash, makes a link of #url, and throws at braces that do not match or hold nothing. */
function harmless(text: string): string {
  const bare = text.replaceAll('\\', '\u2216').replace(/#(?=url)/gi, '\uff03');
  if (!/[{}]/.test(bare)) return bare;
  let open = 0;
  const matching = [...bare].every((letter) => {
    open += letter === '{' ? 1 : letter === '}' ? -1 : 0;
    return open >= 0;
  });
  if (matching && open === 0) return bare.replaceAll('{}', '{ }');
  return bare.replaceAll('{', '\uff5b').replaceAll('}', '\uff5d');
}

function tidied(value: unknown, seen: Set<unknown>, depth: number): unknown {
  if (typeof value === 'string') return harmless(value);
  if (Array.isArray(value)) return value.map((item) => tidied(item, seen, depth + 1));
  if (!isObject(value)) return value;
  const name = value['_typename'];
  if (depth >= DEPTH || (typeof name === 'string' && !PARTS.test(name))) return null;
  if (!seen.has(value)) tidy(value, seen, depth + 1);
  return value;
}

/** Arrays as long as the axes say: else JSROOT draws nonsense, or counts for ever. */
function checkShape(object: RootObject, kind: Kind): void {
  if (kind === 'graph') {
    const points = object['fNpoints'];
    const fits = [object['fX'], object['fY']].every((array) => length(array) >= Number(points));
    if (!Number.isInteger(points) || Number(points) < 0 || !fits) {
      throw new Refused('Got a graph without its points; run its cell again.');
    }
    return;
  }
  const bins = (axis: string) => {
    const found = isObject(object[axis]) ? object[axis]['fNbins'] : 0;
    return Number.isInteger(found) ? Number(found) : 0;
  };
  const cells = (bins('fXaxis') + 2) * (kind === 'map' ? bins('fYaxis') + 2 : 1);
  if (bins('fXaxis') < 1 || length(object['fArray']) !== cells) {
    const got = length(object['fArray']);
    throw new Refused(`Got a histogram with ${got} cells, expected ${cells} from its axes; run its cell again.`);
  }
}

function length(value: unknown): number {
  return Array.isArray(value) || ArrayBuffer.isView(value) ? (value as unknown as ArrayLike<number>).length : -1;
}
