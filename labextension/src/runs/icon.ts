// SPDX-License-Identifier: BSD-3-Clause
// The icon of the side panel: a histogram.

import type { IconRenderer } from '@lumino/widgets';

const SVG = 'http://www.w3.org/2000/svg';
const BARS = 'M2.5 14h4v7h-4zM7.5 5h4v16h-4zM12.5 9h4v12h-4zM17.5 16h4v5h-4z';

export const icon: IconRenderer = {
  render(host) {
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('class', 'rdf-live-runs-icon');
    svg.setAttribute('aria-hidden', 'true');
    const bars = document.createElementNS(SVG, 'path');
    bars.setAttribute('d', BARS);
    // JupyterLab's themes colour this class.
    bars.setAttribute('class', 'jp-icon3 jp-icon-selectable');
    bars.setAttribute('fill', '#616161');
    svg.append(bars);
    host.replaceChildren(svg);
  },
};
