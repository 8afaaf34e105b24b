import {
  Metadata,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Clock } from '../clock.ts';
import type { FaultInjector } from '../faults/fault-injector.ts';
import type { EventStore } from '../store/event-store.ts';
import type { Ledger } from '../store/ledger.ts';
import type { RequestLog } from '../wire/request-log.ts';
import { RequestQuota } from '../wire/request-quota.ts';
import { authenticate, type Call, type GcpAccess, projectsOf } from './gcp-access.ts';
import { GcpError, invalidArgument, permissionDenied, quotaExceeded, unauthenticated } from './gcp-error.ts';
import { filterOf, listLogEntries } from './list-log-entries.ts';
import type { ListLogEntriesRequest, ListLogEntriesResponse, TailLogEntriesRequest } from './messages.ts';
import { type TailCall, type TailQuery, TailSession } from './tail-session.ts';

interface CloudLoggingParts {
  readonly clock: Clock;
  readonly faults: FaultInjector;
  readonly requests: RequestLog;
  readonly store: EventStore;
  readonly ledger: Ledger;
  readonly access: GcpAccess;
  readonly quotas: boolean;
  /** Breaks all connections off. */
  readonly resetConnections: () => void;
}

type Operation = 'ListLogEntries' | 'TailLogEntries';

/** Sessions a project may have at once. Source: Cloud Logging quotas. */
const mostSessions = 10;
const defaultBufferMs = 2000;
const longestBufferMs = 60_000;

/** LoggingServiceV2: ListLogEntries and TailLogEntries. */
export class CloudLogging {
  readonly #parts: CloudLoggingParts;
  /** 60 reads a minute for each project. Source: Cloud Logging quotas. */
  readonly #quota: RequestQuota;
  readonly #sessions = new Map<TailSession, readonly string[]>();

  constructor(parts: CloudLoggingParts) {
    this.#parts = parts;
    this.#quota = new RequestQuota(parts.clock, 60, 60_000);
  }

  /** For `Server.addService`. */
  get implementation(): UntypedServiceImplementation {
    return {
      ListLogEntries: (
        call: ServerUnaryCall<ListLogEntriesRequest, ListLogEntriesResponse>,
        answer: sendUnaryData<ListLogEntriesResponse>,
      ) => this.#list(call, answer),
      TailLogEntries: (call: TailCall) => this.#tail(call),
    };
  }

  /** Ends the tail sessions. */
  stop(): void {
    for (const session of this.#sessions.keys()) session.end();
    this.#sessions.clear();
  }

  #list(
    call: ServerUnaryCall<ListLogEntriesRequest, ListLogEntriesResponse>,
    answer: sendUnaryData<ListLogEntriesResponse>,
  ): void {
    const { faults, requests, clock } = this.#parts;
    call.sendMetadata(this.#headers());
    const fault = faults.meet('gcp', 'ListLogEntries', 'connection-reset', 'hang', 'delay');
    if (fault?.kind === 'connection-reset' || fault?.kind === 'hang') {
      requests.add('gcp', 'ListLogEntries', fault.kind);
      if (fault.kind === 'connection-reset') this.#parts.resetConnections();
      return;
    }
    const respond = () => {
      const page = this.#answered('ListLogEntries', () => this.#page(call));
      if (page instanceof GcpError) answer(page);
      else answer(null, page);
    };
    if (fault === undefined) respond();
    else call.on('cancelled', clock.at(clock.now() + (fault.delayMs ?? 1000), respond));
  }

  #page(call: ServerUnaryCall<ListLogEntriesRequest, ListLogEntriesResponse>): ListLogEntriesResponse {
    const { faults, store, clock, quotas } = this.#parts;
    const projects = this.#admit('ListLogEntries', call, call.request.resourceNames);
    const early = quotas ? Math.max(...projects.map((project) => this.#quota.admit(project))) : 0;
    if (early > 0) throw quotaExceeded('Read requests per minute');
    const met = (kind: 'empty-page' | 'duplicate' | 'short-page' | 'expired-page-token') =>
      faults.meet('gcp', 'ListLogEntries', kind);
    return listLogEntries(call.request, projects, store, clock.now(), {
      expiredToken: call.request.pageToken !== '' && met('expired-page-token') !== undefined,
      empty: met('empty-page') !== undefined,
      duplicate: met('duplicate') !== undefined,
      size: met('short-page')?.size,
    });
  }

  /** The first message opens the session; a later one changes nothing. */
  #tail(call: TailCall): void {
    call.sendMetadata(this.#headers());
    let session: TailSession | undefined;
    const close = () => {
      if (session === undefined) return;
      session.end();
      this.#sessions.delete(session);
    };
    call.once('data', (request: TailLogEntriesRequest) => {
      const opened = this.#answered('TailLogEntries', () => this.#open(call, request));
      if (opened instanceof GcpError) call.emit('error', opened);
      else session = opened;
      call.resume();
    });
    call.once('cancelled', close);
    call.once('error', close);
    call.once('end', () => {
      close();
      call.end();
    });
  }

  #open(call: TailCall, request: TailLogEntriesRequest): TailSession {
    const projects = this.#admit('TailLogEntries', call, request.resourceNames);
    const open = (project: string) => [...this.#sessions.values()].filter((names) => names.includes(project)).length;
    if (this.#parts.quotas && projects.some((project) => open(project) >= mostSessions))
      throw quotaExceeded('Tail sessions');
    const query: TailQuery = { projects, chosen: filterOf(request.filter).chosen, bufferMs: bufferOf(request) };
    const session = new TailSession(call, query, this.#parts);
    this.#sessions.set(session, projects);
    return session;
  }

  /** Throws what stands in the call's way; the projects it names otherwise. */
  #admit(operation: Operation, call: Call, resourceNames: readonly string[]): string[] {
    authenticate(call, this.#parts.access);
    const kinds = ['throttle', 'server-error', 'expired-credentials', 'access-denied'] as const;
    const fault = this.#parts.faults.meet('gcp', operation, ...kinds);
    switch (fault?.kind) {
      case 'throttle':
        throw quotaExceeded('Read requests per minute', fault.retryAfterSeconds);
      case 'server-error':
        throw new GcpError(status.UNAVAILABLE, 'The service is currently unavailable.', fault.retryAfterSeconds);
      case 'expired-credentials':
        throw unauthenticated();
      case 'access-denied':
        throw permissionDenied();
      default:
        return projectsOf(resourceNames, this.#parts.access);
    }
  }

  #answered<Answer>(operation: Operation, work: () => Answer): Answer | GcpError {
    try {
      const answer = work();
      this.#parts.requests.add('gcp', operation, 'ok');
      return answer;
    } catch (error) {
      if (!(error instanceof GcpError)) throw error;
      this.#parts.requests.add('gcp', operation, error.outcome);
      return error;
    }
  }

  #headers(): Metadata {
    const metadata = new Metadata();
    metadata.set('date', new Date(this.#parts.clock.now()).toUTCString());
    return metadata;
  }
}

function bufferOf({ bufferWindow }: TailLogEntriesRequest): number {
  if (bufferWindow == null) return defaultBufferMs;
  const ms = Number(bufferWindow.seconds) * 1000 + bufferWindow.nanos / 1e6;
  if (ms < 0 || ms > longestBufferMs) throw invalidArgument('buffer_window must be from 0 to 60 seconds.');
  return ms;
}
