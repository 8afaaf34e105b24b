import type { Connection, ConnectionStatus } from '@tailrace/http/contract/generated.ts';

type State = ConnectionStatus['state'] | Connection['desired_state'];

const states: Readonly<Record<State, readonly [words: string, tone: Tone]>> = {
  starting: ['starting', 'none'],
  running: ['running', 'good'],
  idle: ['quiet', 'good'],
  throttled: ['throttled', 'warn'],
  unreachable: ['unreachable', 'bad'],
  auth_refused: ['credentials refused', 'bad'],
  permission_denied: ['not permitted', 'bad'],
  not_found: ['not found', 'bad'],
  invalid_config: ['wrong configuration', 'bad'],
  credentials_unreadable: ['credentials unreadable', 'bad'],
  paused: ['paused', 'none'],
  stopped: ['stopped', 'none'],
};

export type Tone = 'good' | 'warn' | 'bad' | 'none';

/** A connection's state in plain words. */
export function wordsOf(state: State): string {
  return states[state][0];
}

/** How good or bad it is. */
export function toneOf(state: State): Tone {
  return states[state][1];
}
