import { connectionStateSymbols } from '@tailrace/schemas/generated/connection-state.ts';
import { type HeldBackReason, heldBackReasonSymbols } from '@tailrace/schemas/generated/held-back-reason.ts';
import type { Metrics } from '@tailrace/telemetry/metrics.ts';
import type { ConnectionSupervisor } from './connection-supervisor.ts';

/** Connections that have a series of their own, the furthest behind: there may be thousands. */
const maxBehind = 20;

/**
 * Gauges of the connections of this process, computed when somebody looks.
 * @returns what ends them.
 */
export function countConnections(
  metrics: Metrics,
  supervisors: ReadonlySet<Pick<ConnectionSupervisor, 'published'>>,
): () => void {
  const connections = metrics.gauge({
    name: 'tailrace_ingest_connections',
    help: 'Connections that this process owns, by state.',
    labels: ['state'],
  });
  const heldBack = metrics.gauge({
    name: 'tailrace_ingest_held_back_connections',
    help: 'Connections whose "complete up to" does not keep up, by what it waits for.',
    labels: ['reason'],
  });
  const behind = metrics.gauge({
    name: 'tailrace_ingest_connection_behind_seconds',
    help: `How far "complete up to" is behind now, of the ${maxBehind} connections of this process that are held back longest.`,
    labels: ['connection', 'reason'],
  });
  return metrics.beforeScrape(() => {
    for (const state of connectionStateSymbols) connections.set({ state }, 0);
    for (const reason of heldBackReasonSymbols) heldBack.set({ reason }, 0);
    behind.reset();
    const held: HeldBackSince[] = [];
    for (const supervisor of supervisors) {
      for (const { connection_id: connection, state, held_back, complete_up_to: upTo } of supervisor.published()) {
        connections.inc({ state });
        if (held_back === null) continue;
        const { reason, since } = held_back;
        heldBack.inc({ reason });
        held.push({ connection, reason, from: upTo ?? since });
      }
    }
    const now = Date.now() * 1000;
    for (const { connection, reason, from } of held.sort((one, other) => one.from - other.from).slice(0, maxBehind)) {
      behind.set({ connection, reason }, Math.max(0, (now - from) / 1_000_000));
    }
  });
}

interface HeldBackSince {
  readonly connection: string;
  readonly reason: HeldBackReason;
  /** What it is complete up to; else since when it has been held back. */
  readonly from: number;
}
