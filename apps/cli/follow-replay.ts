import { setTimeout as delay } from 'node:timers/promises';
import { remedyOf } from '@tailrace/errors/tailrace-error.ts';
import { one } from '@tailrace/http/client/one-or-list.ts';
import type { Replay } from '@tailrace/http/contract/generated.ts';
import type { ApiClient } from './api-client.ts';
import { ProgressBar } from './output/progress-bar.ts';
import { hasEnded, percentOf, progressText, shareOf } from './output/replay-text.ts';
import { jsonText, visible, warn } from './output/terminal.ts';

export interface FollowOptions {
  readonly json: boolean;
  /** Ctrl-C: the replay goes on without us. */
  readonly signal: AbortSignal;
}

const askEveryMs = 500;
/** A server that restarts is waited for; the replay itself does not need us. */
const longestAbsenceMs = 30_000;

/**
 * Shows how a replay does until it has ended: a bar where stderr is a terminal, a line for each change where it is not,
 * and with `json` each state as a line on stdout.
 * @returns undefined when the signal aborted first.
 * @throws CliError when the server stays unreachable, and at once when it refuses.
 */
export async function followReplay(
  client: ApiClient,
  first: Replay,
  { json, signal }: FollowOptions,
): Promise<Replay | undefined> {
  const bar = new ProgressBar(process.stderr);
  const show = json ? showJson() : process.stderr.isTTY ? showIn(bar) : showChanges();
  let replay = first;
  try {
    for (;;) {
      show(replay);
      if (hasEnded(replay)) return replay;
      await delay(askEveryMs, undefined, { signal });
      replay = await ask(client, first.id, signal);
    }
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    bar.clear();
  }
}

/** Asks again, for a while, where that may help. */
async function ask(client: ApiClient, id: string, signal: AbortSignal): Promise<Replay> {
  const since = performance.now();
  for (;;) {
    try {
      return one(await client.call('GET replays/{id}', { path: { id }, signal }), 'replays');
    } catch (error) {
      if (signal.aborted || remedyOf(error) !== 'retry' || performance.now() - since > longestAbsenceMs) throw error;
      await delay(askEveryMs, undefined, { signal });
    }
  }
}

function showIn(bar: ProgressBar): (replay: Replay) => void {
  return (replay) => bar.show(shareOf(replay), progressText(replay));
}

function showJson(): (replay: Replay) => void {
  let last = '';
  return (replay) => {
    const text = jsonText(replay);
    if (text !== last) process.stdout.write(`${text}\n`);
    last = text;
  };
}

/** A line when the status or what is waited for is another, so that a script's log stays short. */
function showChanges(): (replay: Replay) => void {
  let last = '';
  return (replay) => {
    const { status, progress } = replay;
    const state = `${status} ${progress.waiting_for ?? ''}`;
    if (state !== last) warn(visible(`${status} ${percentOf(replay)}: ${progressText(replay)}`));
    last = state;
  };
}
