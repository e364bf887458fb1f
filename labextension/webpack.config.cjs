// SPDX-License-Identifier: BSD-3-Clause
// JSROOT is one library for all that ROOT can draw. What a panel never draws is not bundled: clean.ts lets only
// histograms, profiles and graphs pass, in two dimensions.
const { rspack } = require('@rspack/core');

/** Modules that JSROOT loads only for something else. */
const NEVER = [
  /^node:/,
  /^(three|mathjax|jsdom|canvas|gl|tmp|xhr2|@resvg\/|@oneidentity\/)/,
  /\/(three|three_addons|rntuple|zstd|lzma|jspdf|svg2pdf|latex3d)\.mjs$/,
  /\/geom\/\w+\.mjs$/,
  /\/gui\/(HierarchyPainter|lil-gui)\.mjs$/,
  /\/(R[A-Z]\w*Painter|v7more|TTree|TGeo\w*|T?\w*3D\w*|RNTuple|RTreeMap\w*)\.mjs$/,
];

module.exports = {
  plugins: [
    // JSROOT would look for its other files beside this one, which was a file on the machine that made the bundle.
    new rspack.DefinePlugin({ 'import.meta.url': JSON.stringify(''), 'import.meta?.url': JSON.stringify('') }),
    // The painters that also know three dimensions would bring three.js along.
    new rspack.NormalModuleReplacementPlugin(/^\.\/hist\/T(H[12]|Graph|MultiGraph|HStack)Painter\.mjs$/, (found) => {
      found.request = found.request.replace('/hist/', '/hist2d/');
    }),
    new rspack.NormalModuleReplacementPlugin(/makepdf\.mjs$/, 'data:text/javascript,export const makePDF = undefined;'),
    new rspack.IgnorePlugin({ checkResource: (request) => NEVER.some((pattern) => pattern.test(request)) }),
  ],
  module: {
    // Its modules do nothing when loaded, so what is not imported from them can go.
    rules: [{ test: /jsroot[\\/]modules[\\/].*\.mjs$/, sideEffects: false }],
  },
  performance: { hints: false },
};
