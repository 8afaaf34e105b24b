import { bucketOf } from '@tailrace/alert-rules/bucket.ts';
import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import type { ConnectionProgress } from '@tailrace/schemas/generated/connection-progress.ts';
import type { PartitionProgress } from '@tailrace/schemas/generated/partition-progress.ts';
import { DueQueue } from './due-queue.ts';
import { type EvaluationStore, piece } from './evaluation-store.ts';
import type { KnownConnections } from './known-connections.ts';

/** The connections whose lines a group can have, and how far these are complete. */
export interface Scope {
  readonly key: string;
  readonly project: string;
  /** Undefined: all of the project. */
  readonly connections: readonly string[] | undefined;
  /** The first bucket that may still get lines that are not late; undefined while nothing is known. Never goes back. */
  complete: number | undefined;
  /** Whether any of them is being read, so that `complete` moves. */
  reading: boolean;
  /** Its groups, by the bucket up to which it must be complete for something to happen to them. */
  readonly due: DueQueue;
}

/**
 * Watermarks, from what the partitions of `logs` have said about their connections: a scope is complete as far as the
 * slowest of its connections that are being read.
 */
export class Scopes {
  readonly #store: EvaluationStore;
  readonly #scopes = new Map<string, Scope>();
  #projects: ReadonlyMap<string, readonly ConnectionProgress[]>;

  constructor(store: EvaluationStore) {
    this.#store = store;
    this.#projects = this.#readProgress();
  }

  /** Whether every partition of `logs` has been heard of. */
  get known(): boolean {
    return this.#projects.size > 0;
  }

  connectionsOf(project: string): readonly ConnectionProgress[] {
    return this.#projects.get(project) ?? [];
  }

  /** A group of a rule that watches for silence is one connection; any other may have lines of all that the filter allows. */
  of({ rule, condition, required }: CompiledRule, group: string): Scope {
    const connections = condition.type === 'silence' && rule.group_by === 'connection' ? [group] : required.connections;
    const key = connections ? `${rule.project_id}/${[...connections].sort().join(',')}` : rule.project_id;
    const known = this.#scopes.get(key);
    if (known) return known;
    const scope: Scope = {
      key,
      project: rule.project_id,
      connections,
      complete: this.#store.get(completeKey(key))?.complete ?? undefined,
      reading: false,
      due: new DueQueue(),
    };
    this.#scopes.set(key, scope);
    this.#advance(scope);
    return scope;
  }

  take(progress: PartitionProgress): void {
    this.#store.set(progressKey(progress.partition), piece({ progress }));
  }

  /** Moves every scope to what `take` was given. @returns those that moved. */
  advance(): Scope[] {
    this.#projects = this.#readProgress();
    return [...this.#scopes.values()].filter((scope) => this.#advance(scope));
  }

  /** Whether every connection of a scope has been deleted, so that none of its lines is still to come. */
  isDeserted({ project, connections }: Scope, known: KnownConnections): boolean {
    if (this.connectionsOf(project).some(({ connection_id: id }) => connections?.includes(id) ?? true)) return false;
    if (connections) return connections.every((id) => known.get(id) === undefined);
    for (const { project_id: each } of known.values()) if (each === project) return false;
    return true;
  }

  all(): readonly Scope[] {
    return [...this.#scopes.values()];
  }

  /** Forgets every scope but those that are in use, also what another process remembered of one. */
  forgetUnused(isUsed: (scope: Scope) => boolean): void {
    for (const scope of this.all()) if (scope.due.isEmpty && !isUsed(scope)) this.#scopes.delete(scope.key);
    for (const [key] of this.#store.entries()) {
      if (key.startsWith(completePrefix) && !this.#scopes.has(key.slice(completePrefix.length))) {
        this.#store.delete(key);
      }
    }
  }

  #advance(scope: Scope): boolean {
    const { project, connections } = scope;
    const reading = this.connectionsOf(project).filter(
      (each) => each.reading && (connections === undefined || connections.includes(each.connection_id)),
    );
    scope.reading = reading.length > 0;
    if (!scope.reading) return false;
    const complete = bucketOf(Math.min(...reading.map(({ complete_up_to }) => complete_up_to)));
    if (scope.complete !== undefined && complete <= scope.complete) return false;
    scope.complete = complete;
    this.#store.set(completeKey(scope.key), piece({ complete }));
    return true;
  }

  #readProgress(): ReadonlyMap<string, readonly ConnectionProgress[]> {
    const all: PartitionProgress[] = [];
    for (let partition = 0, partitions = 1; partition < partitions; partition += 1) {
      const progress = this.#store.get(progressKey(partition))?.progress;
      // One that has not been heard of may have the slowest connection.
      if (!progress) return new Map();
      partitions = progress.partitions;
      all.push(progress);
    }
    return Map.groupBy(
      all.flatMap(({ connections }) => connections),
      ({ project_id }) => project_id,
    );
  }
}

const completePrefix = 'complete/';

function completeKey(scope: string): string {
  return `${completePrefix}${scope}`;
}

function progressKey(partition: number): string {
  return `progress/${partition}`;
}
