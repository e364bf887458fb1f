// SPDX-License-Identifier: BSD-3-Clause
// ROOT's LaTeX in titles, as text nodes with <sub>, <sup>, <i>, <b> around them; what is not known stays as written.

import { make } from './dom.js';

const GREEK =
  'alpha:α beta:β gamma:γ delta:δ epsilon:ε zeta:ζ eta:η theta:θ iota:ι kappa:κ lambda:λ mu:μ nu:ν xi:ξ omicron:ο ' +
  'pi:π rho:ρ sigma:σ tau:τ upsilon:υ phi:φ chi:χ psi:ψ omega:ω varepsilon:ε varphi:φ vartheta:ϑ varsigma:ς ' +
  'Gamma:Γ Delta:Δ Theta:Θ Lambda:Λ Xi:Ξ Pi:Π Sigma:Σ Upsilon:Υ Phi:Φ Psi:Ψ Omega:Ω';
const SIGNS =
  'pm:± times:× divide:÷ upoint:· bullet:• circ:° leq:≤ geq:≥ neq:≠ approx:≈ equiv:≡ propto:∝ infty:∞ partial:∂ ' +
  'nabla:∇ sum:∑ int:∫ prod:∏ rightarrow:→ leftarrow:← leftrightarrow:↔ Rightarrow:⇒ Leftarrow:⇐ uparrow:↑ ' +
  'downarrow:↓ hbar:ħ 3dots:… perp:⊥ parallel:∥ in:∈ subset:⊂ cup:∪ cap:∩ forall:∀ exists:∃ angle:∠ otimes:⊗ ' +
  'oplus:⊕ LT:< GT:> left: right:';
const SYMBOLS = new Map(`${GREEK} ${SIGNS}`.split(' ').map((pair) => pair.split(':') as [string, string]));
/** Marks that stand above the letter before them. */
const ACCENTS = new Map(
  Object.entries({ bar: '\u0304', hat: '\u0302', tilde: '\u0303', vec: '\u20d7', dot: '\u0307' }),
);
const WRAPPED = { it: 'i', bf: 'b' } as const;
const DEPTH = 20;

interface Part {
  readonly tag: 'sub' | 'sup' | 'i' | 'b' | null;
  readonly text: string;
  readonly parts: readonly Part[];
}

/** The title as nodes. */
export function titleNodes(title: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  fragment.append(...nodes(parse(title)));
  return fragment;
}

/** The title as text, for those who hear it. */
export function titleText(title: string): string {
  const flat = (parts: readonly Part[]): string => parts.map((part) => part.text + flat(part.parts)).join('');
  return flat(parse(title));
}

function nodes(parts: readonly Part[]): Node[] {
  return parts.map((part) =>
    part.tag ? make(part.tag, '', ...nodes(part.parts)) : document.createTextNode(part.text),
  );
}

function parse(title: string, depth = 0): Part[] {
  if (depth > DEPTH || !/[#_^{}]/.test(title)) return title ? [plain(title)] : [];
  const parts: Part[] = [];
  let rest = title;
  while (rest) {
    const found = /[_^]\{|#(\w+)|\{/.exec(rest);
    if (!found) {
      parts.push(plain(rest));
      break;
    }
    if (found.index) parts.push(plain(rest.slice(0, found.index)));
    rest = rest.slice(found.index);
    const [taken, made] = command(rest, found[0], found[1], depth);
    parts.push(...made);
    rest = rest.slice(taken);
  }
  return parts;
}

/** What stands at the start of `rest`: how many characters it takes, and what it becomes. */
function command(rest: string, token: string, name: string | undefined, depth: number): [number, Part[]] {
  const start = name === undefined ? token.length - 1 : token.length;
  const inner = group(rest, start);
  const parts = inner === null ? [] : parse(inner, depth + 1);
  const taken = start + (inner?.length ?? 0) + 2;
  if (name === undefined) {
    if (inner === null) return [token.length, [plain(token)]];
    if (token === '{') return [taken, parts];
    return [taken, [{ tag: token[0] === '_' ? 'sub' : 'sup', text: '', parts }]];
  }
  if (inner !== null) {
    if (name === 'it' || name === 'bf') return [taken, [{ tag: WRAPPED[name], text: '', parts }]];
    if (name === 'sqrt') return [taken, [plain('√('), ...parts, plain(')')]];
    const accent = ACCENTS.get(name);
    if (accent) return [taken, [...parts, plain(accent)]];
    const second = name === 'frac' || name === 'splitline' ? group(rest, taken) : null;
    if (second !== null) {
      const between = plain(name === 'frac' ? '/' : ' ');
      return [taken + second.length + 2, [...parts, between, ...parse(second, depth + 1)]];
    }
  }
  // "#mumu" is not known, but begins with what is.
  for (let length = name.length; length > 0; length--) {
    const symbol = SYMBOLS.get(name.slice(0, length));
    if (symbol !== undefined) return [1 + length, symbol ? [plain(symbol)] : []];
  }
  return [token.length, [plain(token)]];
}

/** What stands between the brace at `start` and the one that closes it. */
function group(text: string, start: number): string | null {
  if (text[start] !== '{') return null;
  let open = 0;
  for (let i = start; i < text.length; i++) {
    if (text[i] === '{') open++;
    else if (text[i] === '}' && --open === 0) return text.slice(start + 1, i);
  }
  return null;
}

function plain(text: string): Part {
  return { tag: null, text, parts: [] };
}
