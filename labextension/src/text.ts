// SPDX-License-Identifier: BSD-3-Clause
// Numbers and states as a person reads them: the same words as rdf_live/view/text.py.

/** Decimal digits and exponent, rounded to `count` digits; exact ties go to the even digit, as in Python. */
function rounded(value: number, count: number): [digits: string, exponent: number] {
  // A double that lies exactly between two roundings has few decimals: these are all of them.
  const [exact = '', power = '0'] = Math.abs(value).toExponential(60).split('e');
  const all = exact.replace('.', '');
  const tie = /^50*$/.test(all.slice(count)) && Number(all[count - 1] ?? '0') % 2 === 0;
  if (tie) return [all.slice(0, count), Number(power)];
  const [digits = '', exponent = '0'] = Math.abs(value)
    .toExponential(count - 1)
    .split('e');
  return [digits.replace('.', ''), Number(exponent)];
}

/** Like Python's `format(value, ".3g")`. */
function threeDigits(value: number): string {
  if (value === 0) return '0';
  const [digits, exponent] = rounded(value, 3);
  const sign = value < 0 ? '-' : '';
  const bare = digits.replace(/0+$/, '') || '0';
  if (exponent < -4 || exponent >= 3) {
    const mantissa = bare.length > 1 ? `${bare[0]}.${bare.slice(1)}` : bare;
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${bare}`;
  const whole = digits.slice(0, exponent + 1);
  const rest = digits.slice(exponent + 1).replace(/0+$/, '');
  return `${sign}${whole}${rest ? `.${rest}` : ''}`;
}

/** The nearest integer; a half goes to the even one, as in Python. */
function nearest(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest === 0.5) return below % 2 === 0 ? below : below + 1;
  return rest < 0.5 ? below : below + 1;
}

/** Three digits and a prefix: 950, 1.23 M, 24 k. */
export function amount(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  let scaled = value;
  let prefix = '';
  for (prefix of ['', ' k', ' M', ' G']) {
    // 999.5 would be rounded to four digits
    if (Math.abs(scaled) < 999.5 || prefix === ' G') break;
    scaled /= 1000;
  }
  const text = Math.abs(scaled) < 999.5 ? threeDigits(scaled) : nearest(scaled).toLocaleString('en', PLAIN);
  return text + prefix;
}
const PLAIN = { useGrouping: false, maximumFractionDigits: 0 } as const;

/** Minutes and seconds, with hours where there are any: 0:06, 1:02:03. */
export function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  const all = Math.max(0, nearest(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(all / 3600);
  const minutes = Math.floor(all / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`;
}

/** Whole per cents; smaller parts with one digit. Only all of it is 100 %. */
export function percent(fraction: number): string {
  const hundredths = 100 * fraction;
  if (hundredths > 0 && hundredths < 0.95) {
    const [digits, exponent] = rounded(Math.max(hundredths, 0.1), 1);
    return exponent === -1 ? `0.${digits} %` : `${digits}.0 %`;
  }
  return fraction < 1 ? `${Math.min(nearest(hundredths), 99)} %` : '100 %';
}

/** How much of the data is in: "31 % of the data, 1.23 M entries". */
export function partText(fraction: number, entries: number): string {
  return `${percent(fraction)} of the data, ${amount(entries)} entries`;
}

/** One line about a run: "stopped: 31 % of the data, 1.23 M entries". */
export function stateText(state: string, fraction: number, entries: number): string {
  if (state === 'cancelled') return 'cancelled: nothing was kept';
  return `${state}: ${partText(fraction, entries)}`;
}
