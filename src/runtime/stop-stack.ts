import type { Log } from './log.ts';

/** What was started, to be stopped in reverse order. */
export class StopStack {
  readonly #log: Log;
  readonly #steps: { readonly name: string; readonly stop: () => Promise<void> | void }[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  /** Remembers how to undo what was just done. */
  push(name: string, stop: () => Promise<void> | void): void {
    this.#steps.push({ name, stop });
  }

  /** Undoes everything; a step that fails is logged and does not keep the others from being undone. */
  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.stop();
      } catch (error) {
        this.#log.error({ err: error, part: step.name }, 'could not be stopped cleanly');
      }
    }
  }
}
