import { follow } from '../../apps/cli/live-client.ts';
import { type Installation, project } from './installation.ts';

/** A viewer that follows everything, as `tailrace tail` does, and counts how often it saw each line. */
export class FollowingViewer {
  readonly seen = new Map<string, number>();
  readonly notices: string[] = [];
  readonly #stop = new AbortController();
  #done: Promise<void>;
  /** When the latest line with this text in it was seen, by `performance.now()`. */
  readonly seenAt = new Map<string, number>();

  constructor(installation: Installation, url: string) {
    this.#done = follow({
      url: new URL(url),
      project,
      token: () => installation.token(),
      filter: {},
      // A line that is emitted while this still connects is seen too.
      from: new Date().toISOString(),
      onLines: async (lines) => {
        for (const { id, body } of lines) {
          this.seen.set(id, (this.seen.get(id) ?? 0) + 1);
          this.seenAt.set(body, performance.now());
        }
      },
      onNotice: (notice) => this.notices.push(notice),
      signal: this.#stop.signal,
    });
    this.#done.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}
