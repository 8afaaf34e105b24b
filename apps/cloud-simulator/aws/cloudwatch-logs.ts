import type { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { FaultInjector } from '../faults/fault-injector.ts';
import type { EventStore } from '../store/event-store.ts';
import type { HttpAnswer, HttpCloud, HttpRequest } from '../wire/http-service.ts';
import { RequestQuota } from '../wire/request-quota.ts';
import { type AwsAccessKey, type AwsCaller, accessDenied, callerOf, expiredToken } from './aws-access.ts';
import { AwsError, invalidParameter, notFound } from './aws-error.ts';
import {
  describeLogGroups,
  describeLogGroupsRequest,
  describeLogStreams,
  describeLogStreamsRequest,
} from './describe.ts';
import { filterLogEvents, filterLogEventsRequest } from './filter-log-events.ts';
import type { LogGroup, LogGroups } from './log-groups.ts';

interface CloudWatchLogsParts {
  readonly clock: Clock;
  readonly faults: FaultInjector;
  readonly store: EventStore;
  readonly groups: LogGroups;
  readonly keys: readonly AwsAccessKey[];
  /** Whether the account's request quotas are enforced. */
  readonly quotas: boolean;
}

const targetPrefix = 'Logs_20140328.';
const logGroupArn = /^arn:aws:logs:(?<region>[^:]+):(?<account>\d{12}):log-group:(?<name>[^:*]+)$/;

/** Requests a second per account and region. Source: CloudWatch Logs quotas. */
const quotaOf = { FilterLogEvents: 5, DescribeLogGroups: 10, DescribeLogStreams: 5 } as const;

type Operation = keyof typeof quotaOf;

function isOperation(name: string): name is Operation {
  return Object.hasOwn(quotaOf, name);
}

/** CloudWatch Logs in AWS JSON 1.1: FilterLogEvents, DescribeLogGroups, DescribeLogStreams. */
export class CloudWatchLogs implements HttpCloud {
  readonly cloud = 'aws';
  readonly #parts: CloudWatchLogsParts;
  readonly #quotas: Readonly<Record<Operation, RequestQuota>>;
  #answered = 0;

  constructor(parts: CloudWatchLogsParts) {
    this.#parts = parts;
    const quota = (operation: Operation) => new RequestQuota(parts.clock, quotaOf[operation], 1000);
    this.#quotas = {
      FilterLogEvents: quota('FilterLogEvents'),
      DescribeLogGroups: quota('DescribeLogGroups'),
      DescribeLogStreams: quota('DescribeLogStreams'),
    };
  }

  operationOf(request: HttpRequest): string {
    return String(request.headers['x-amz-target'] ?? '').replace(targetPrefix, '');
  }

  answer(request: HttpRequest, operation: string): HttpAnswer {
    try {
      if (request.method !== 'POST' || !isOperation(operation)) {
        throw new AwsError(
          'UnknownOperationException',
          `The simulator does not know the operation "${operation}".`,
          404,
        );
      }
      const caller = callerOf(request, operation, this.#parts.keys);
      this.#obstruct(operation, caller);
      return this.#answerWith(200, this.#perform(operation, caller, bodyOf(request)), 'ok');
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const answer = this.#answerWith(error.status, { __type: error.type, message: error.message }, error.type);
      if (error.retryAfterSeconds === undefined) return answer;
      return { ...answer, headers: { ...answer.headers, 'retry-after': String(error.retryAfterSeconds) } };
    }
  }

  #answerWith(status: number, body: object, outcome: string): HttpAnswer {
    this.#answered += 1;
    const requestId = `00000000-0000-4000-8000-${this.#answered.toString(16).padStart(12, '0')}`;
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': requestId };
    return { status, headers, body: JSON.stringify(body), outcome };
  }

  /** Throws what stands in the request's way: a fault or the quota. */
  #obstruct(operation: Operation, caller: AwsCaller): void {
    const { faults, quotas } = this.#parts;
    const fault = faults.meet('aws', operation, 'throttle', 'server-error', 'expired-credentials', 'access-denied');
    switch (fault?.kind) {
      case 'throttle':
        throw new AwsError('ThrottlingException', 'Rate exceeded', 400, fault.retryAfterSeconds);
      case 'server-error':
        throw new AwsError(
          'ServiceUnavailableException',
          'The service cannot complete the request.',
          fault.status ?? 500,
          fault.retryAfterSeconds,
        );
      case 'expired-credentials':
        throw expiredToken();
      case 'access-denied':
        throw accessDenied(caller.key, caller.region, operation);
      default:
    }
    if (quotas && this.#quotas[operation].admit(`${caller.key.account}:${caller.region}`) > 0) {
      throw new AwsError('ThrottlingException', 'Rate exceeded');
    }
  }

  #perform(operation: Operation, caller: AwsCaller, body: unknown): object {
    const { clock, groups } = this.#parts;
    const scope = `${caller.key.account}:${caller.region}`;
    switch (operation) {
      case 'FilterLogEvents':
        return this.#filterLogEvents(caller, body);
      case 'DescribeLogGroups': {
        const request = validated(describeLogGroupsRequest, body);
        return describeLogGroups(request, groups.list(scope), scope, clock.now());
      }
      case 'DescribeLogStreams': {
        const request = validated(describeLogStreamsRequest, body);
        const named = this.#groupNamedBy(request, caller);
        return describeLogStreams(request, named.group, named.scope, clock.now());
      }
    }
  }

  #filterLogEvents(caller: AwsCaller, body: unknown): object {
    const { clock, store, faults } = this.#parts;
    const request = validated(filterLogEventsRequest, body);
    const { scope, group } = this.#groupNamedBy(request, caller);
    const met = (kind: 'empty-page' | 'duplicate' | 'short-page' | 'expired-page-token') =>
      faults.meet('aws', 'FilterLogEvents', kind);
    return filterLogEvents(request, group, store.awsGroup(scope, group.name), clock.now(), {
      expiredToken: request.nextToken !== undefined && met('expired-page-token') !== undefined,
      empty: met('empty-page') !== undefined,
      duplicate: met('duplicate') !== undefined,
      size: met('short-page')?.size,
    });
  }

  /** By name in the caller's account and region, or by the ARN of any account that shares its groups with it. */
  #groupNamedBy(
    request: { readonly logGroupName?: string | undefined; readonly logGroupIdentifier?: string | undefined },
    caller: AwsCaller,
  ): { readonly scope: string; readonly group: LogGroup } {
    const { logGroupName, logGroupIdentifier } = request;
    if (logGroupName !== undefined && logGroupIdentifier !== undefined) {
      throw invalidParameter('logGroupName and logGroupIdentifier exclude each other.');
    }
    const arn = logGroupArn.exec(logGroupIdentifier ?? '')?.groups;
    const name = arn?.name ?? logGroupName ?? logGroupIdentifier;
    if (name === undefined) throw invalidParameter('Either logGroupName or logGroupIdentifier is needed.');
    if (name.includes(':')) throw invalidParameter(`"${name}" is neither a log group's name nor its ARN.`);
    const { region = caller.region, account = caller.key.account } = arn ?? {};
    const scope = `${account}:${region}`;
    const group = region === caller.region ? this.#parts.groups.find(scope, name) : undefined;
    if (group === undefined) throw notFound('log group');
    return { scope, group };
  }
}

function bodyOf(request: HttpRequest): unknown {
  try {
    return JSON.parse(request.body.toString());
  } catch {
    throw new AwsError('SerializationException', 'The request is not JSON.');
  }
}

function validated<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const checked = schema.safeParse(body);
  if (checked.success) return checked.data;
  const { path, message } = checked.error.issues[0]!;
  throw invalidParameter(`1 validation error detected: ${path.join('.')}: ${message}`);
}
