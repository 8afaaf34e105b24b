import type { ConnectionState } from '@tailrace/schemas/generated/connection-state.ts';

/** In these states a connection gives its lines sooner or later; in the others nobody knows when it will. */
export const readingStates: ReadonlySet<ConnectionState> = new Set(['starting', 'running', 'idle', 'throttled']);
