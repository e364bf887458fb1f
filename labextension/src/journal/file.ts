// SPDX-License-Identifier: BSD-3-Clause
// The server has written outputs into the file of an open notebook. JupyterLab would find that the file has changed and
// ask the user which version he wants; a page that had the version before has what matters of the new one too.

import type { Context, FileState } from '@jupyterlab/docregistry';
import type { Version } from './types.js';

/** The same version of a file. */
export function same(file: Version, other: Version): boolean {
  if (file.hash && other.hash) return file.hash === other.hash;
  return Date.parse(file.last_modified) === Date.parse(other.last_modified);
}

/** Let a page whose file was `base` know that it is `now`. False: its file is another one, or it cannot be told. */
export function takeOver(context: Context, base: Version, now: Version): boolean {
  const file = context.contentsModel;
  if (!file || !same(file, base)) return false;
  // Not part of JupyterLab's API, the same from 4.2 on. Without it the user is asked, no more.
  const inner = context as unknown as { _updateContentsModel?: (file: FileState) => void };
  try {
    // Without a hash JupyterLab compares the times.
    inner._updateContentsModel?.({ ...file, last_modified: now.last_modified, hash: now.hash ?? null });
  } catch (error) {
    console.warn('rdf_live: the version of the file was not taken over', error);
  }
  return same(context.contentsModel ?? file, now);
}
