// SPDX-License-Identifier: BSD-3-Clause
// An execution that another page asked for, as an output area knows executions: the area itself then does what each
// message means.

import type { Future } from '@jupyterlab/services';
import type { Execution, Output, OutputMessage } from './types.js';

type Handler = (message: never) => unknown;

function ignore(): void {}

export class JournalFuture implements Future {
  readonly msg: { readonly header: { readonly msg_id: string; readonly msg_type: string }; readonly channel: string };
  /** As of a reply: JupyterLab waits for it where a cell was moved, and takes number and state from it. */
  readonly done: Promise<unknown>;
  onIOPub: Handler = ignore;
  onReply: Handler = ignore;
  onStdin: Handler = ignore;
  readonly #disposing: () => void;
  #finish: (reply: unknown) => void = ignore;
  #ended = false;
  #disposed = false;

  /** `disposing` is called when the area drops this future, for another execution or because the area goes. */
  constructor(id: string, disposing: () => void) {
    this.msg = { header: { msg_id: id, msg_type: 'execute_request' }, channel: 'shell' };
    this.#disposing = disposing;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get isDisposed(): boolean {
    return this.#disposed;
  }

  get ended(): boolean {
    return this.#ended;
  }

  feed({ msg_type, content, metadata = {} }: OutputMessage): void {
    const message = {
      header: { ...this.msg.header, msg_type },
      parent_header: this.msg.header,
      channel: 'iopub',
      content,
      metadata,
      buffers: [],
    };
    this.onIOPub(message as never);
  }

  /** The execution has ended; its outputs may still be updated. */
  end({ state, count }: Pick<Execution, 'state' | 'count'>): void {
    this.#ended = true;
    this.#finish({ content: { status: state, execution_count: count } });
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.onIOPub = this.onReply = this.onStdin = ignore;
    this.#disposing();
  }

  // Others may ask these of any future. Nothing but `feed` brings messages here, and nothing of this page waits for input.
  registerMessageHook(): void {}
  removeMessageHook(): void {}
  sendInputReply(): void {}
  async handleMsg(): Promise<void> {}
}

/** The messages that make these outputs. */
export function messages(execution: Pick<Execution, 'outputs' | 'clear'>): OutputMessage[] {
  const made: OutputMessage[] = (execution.outputs ?? []).map(message);
  if (execution.clear) made.push({ msg_type: 'clear_output', content: { wait: true } });
  return made;
}

function message({ output_type, ...content }: Output): OutputMessage {
  const { text } = content;
  // A file may have text as a list of lines.
  return { msg_type: output_type, content: Array.isArray(text) ? { ...content, text: text.join('') } : content };
}
