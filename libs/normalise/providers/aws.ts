import { isHexDigit } from '../characters.ts';
import { Draft } from '../draft.ts';
import { nameInvocation } from '../parsers/aws/invocation.ts';
import { parseText } from '../parsers/text-parsers.ts';
import { storable } from '../storable.ts';
import type { CloudEvents } from './cloud-events.ts';
import type { ProviderReader } from './provider-reader.ts';

/**
 * An event of FilterLogEvents: `{logStreamName, timestamp, message, ingestionTime, eventId}`. All but the message is in
 * the raw event's own fields.
 */
const readAws: ProviderReader = (raw, timestamp, rules) => {
  const message = messageOf(raw.payload);
  if (message === undefined) return undefined;
  const draft = new Draft(timestamp, rules);
  const { region, account_id: account, log_group: group = '' } = raw.source;
  draft.resourceAttribute('cloud.provider', 'aws');
  draft.resourceAttribute('cloud.region', region);
  draft.resourceAttribute('cloud.account.id', account);
  readLogGroup(group, draft);
  draft.resourceAttribute('aws.log.stream.names', raw.stream);
  readLogStream(raw.stream, group, draft);
  parseText(storable(message, draft), draft);
  nameInvocation(draft);
  draft.uid(raw.event_id);
  return draft;
};

export const awsEvents: CloudEvents = {
  provider: 'aws',
  read: readAws,
  line: {
    telltale: ['eventId', 'ingestionTime', 'logStreamName'],
    wrap: (message) => ({ message }),
    id: 'eventId',
    time: 'timestamp',
    stream: ['logStreamName'],
  },
};

function messageOf(payload: string): string | undefined {
  try {
    const event: unknown = JSON.parse(payload);
    if (typeof event !== 'object' || event === null || !('message' in event)) return undefined;
    return typeof event.message === 'string' ? event.message : undefined;
  } catch {
    return undefined;
  }
}

/** A log group is named by its name, or by its ARN where it belongs to another account. */
function readLogGroup(group: string, draft: Draft): void {
  let name = group;
  if (group.startsWith('arn:')) {
    // arn:partition:logs:region:account:log-group:name, perhaps with `:*` behind.
    const [, , , region, account, , ...rest] = group.split(':');
    draft.resourceAttribute('cloud.region', region);
    draft.resourceAttribute('cloud.account.id', account);
    draft.resourceAttribute('aws.log.group.arns', group);
    name = rest[0] ?? group;
  }
  draft.resourceAttribute('aws.log.group.names', name);
  if (name.startsWith('/aws/lambda/')) {
    draft.resourceAttribute('cloud.platform', 'aws_lambda');
    draft.resourceAttribute('faas.name', name.slice(12));
    draft.resourceAttribute('service.name', name.slice(12));
  } else if (name.startsWith('/aws/ecs/') || name.startsWith('/ecs/')) {
    draft.resourceAttribute('cloud.platform', 'aws_ecs');
  } else if (name.startsWith('/aws/eks/') || name.startsWith('/aws/containerinsights/')) {
    draft.resourceAttribute('cloud.platform', 'aws_eks');
  }
}

/** Lambda: `2024/01/31/[version]instance`. ECS by the awslogs driver: `prefix/container/task id`. */
function readLogStream(stream: string, group: string, draft: Draft): void {
  if (group.includes('/aws/lambda/')) {
    const open = stream.indexOf('[');
    const close = stream.indexOf(']', open);
    if (open < 0 || close < 0) return;
    draft.resourceAttribute('faas.version', stream.slice(open + 1, close));
    draft.resourceAttribute('faas.instance', stream);
    return;
  }
  const taskAt = stream.lastIndexOf('/') + 1;
  const containerAt = stream.lastIndexOf('/', taskAt - 2) + 1;
  if (stream.length - taskAt !== 32 || containerAt < 2) return;
  for (let index = taskAt; index < stream.length; index++) if (!isHexDigit(stream.charCodeAt(index))) return;
  draft.resourceAttribute('cloud.platform', 'aws_ecs');
  draft.resourceAttribute('aws.ecs.task.id', stream.slice(taskAt));
  draft.resourceAttribute('container.name', stream.slice(containerAt, taskAt - 1));
}
