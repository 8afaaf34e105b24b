import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from './api-client.ts';
import { hasEnded, percentOf, progressBar, progressText, type ReplayView, replayView } from './replay-view.ts';
import { visible, warn } from './terminal.ts';

export interface FollowOptions {
  readonly json: boolean;
  /** Ctrl-C: the replay goes on without us. */
  readonly signal: AbortSignal;
}

const askEveryMs = 500;
/** A server that restarts is waited for; the replay itself does not need us. */
const mostFailures = 60;

/**
 * Shows how a replay does until it has ended: a bar where stderr is a terminal, a line for each change where it is not,
 * and with `json` each state as a line on stdout.
 * @returns undefined when the signal aborted first.
 * @throws CliError when the server stays away.
 */
export async function followReplay(
  client: ApiClient,
  first: ReplayView,
  { json, signal }: FollowOptions,
): Promise<ReplayView | undefined> {
  const show = json ? showJson() : process.stderr.isTTY ? showBar : showChanges();
  let replay = first;
  let failures = 0;
  for (;;) {
    show(replay);
    if (hasEnded(replay)) break;
    await delay(askEveryMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    try {
      replay = replayView.parse((await client.call('GET', `replays/${encodeURIComponent(first.id)}`)).body);
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures >= mostFailures) throw error;
    }
  }
  if (!json && process.stderr.isTTY) process.stderr.write('\n');
  return hasEnded(replay) ? replay : undefined;
}

function showBar(replay: ReplayView): void {
  const columns = process.stderr.columns ?? 80;
  process.stderr.write(`\r${progressBar(replay).slice(0, columns - 1)}\u001b[K`);
}

function showJson(): (replay: ReplayView) => void {
  let last = '';
  return (replay) => {
    const text = JSON.stringify(replay);
    if (text !== last) process.stdout.write(`${text}\n`);
    last = text;
  };
}

/** A line when the status or what is waited for is another, so that a script's log stays short. */
function showChanges(): (replay: ReplayView) => void {
  let last = '';
  return (replay) => {
    const { status, progress } = replay;
    const state = `${status} ${progress.waiting_for ?? ''}`;
    if (state !== last) warn(visible(`${status} ${percentOf(replay)}: ${progressText(replay)}`));
    last = state;
  };
}
