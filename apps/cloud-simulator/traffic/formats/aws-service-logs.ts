import type { Random } from '../../random.ts';

/** A VPC flow log record, version 2 (14 fields). Source: AWS, "Flow log records". */
export function vpcFlow(random: Random, endMs: number): string {
  const end = Math.floor(endMs / 1000);
  const rejected = random.chance(0.05);
  const packets = random.int(1, 60);
  return [
    2,
    '123456789012',
    'eni-0f1e2d3c4b5a69788',
    `10.0.${random.int(1, 12)}.${random.int(2, 250)}`,
    `10.0.11.${random.int(2, 250)}`,
    random.int(32768, 60999),
    rejected ? 22 : random.pick([443, 5432, 6379, 8080]),
    6,
    packets,
    packets * random.int(52, 1400),
    end - random.int(10, 59),
    end,
    rejected ? 'REJECT' : 'ACCEPT',
    'OK',
  ].join(' ');
}

const calls = [
  ['s3.amazonaws.com', 'PutObject'],
  ['dynamodb.amazonaws.com', 'DescribeTable'],
  ['ecs.amazonaws.com', 'UpdateService'],
  ['secretsmanager.amazonaws.com', 'GetSecretValue'],
  ['sts.amazonaws.com', 'AssumeRole'],
] as const;

/** A CloudTrail record as CloudWatch Logs gets it. Source: AWS, "CloudTrail record contents". */
export function cloudTrail(random: Random, timeMs: number): string {
  const [eventSource, eventName] = random.pick(calls);
  const denied = random.chance(0.04);
  const user = random.pick(['ci', 'ops-anna', 'ops-jorge']);
  return JSON.stringify({
    eventVersion: '1.11',
    userIdentity: {
      type: 'IAMUser',
      principalId: 'AIDASIMULATED0000000',
      arn: `arn:aws:iam::123456789012:user/${user}`,
      accountId: '123456789012',
      userName: user,
    },
    eventTime: `${new Date(timeMs).toISOString().slice(0, 19)}Z`,
    eventSource,
    eventName,
    awsRegion: 'eu-west-1',
    sourceIPAddress: `198.51.100.${random.int(2, 250)}`,
    userAgent: 'aws-cli/2.27.1',
    ...(denied ? { errorCode: 'AccessDenied', errorMessage: `User: ${user} is not authorized` } : {}),
    requestParameters: null,
    responseElements: null,
    requestID: random.uuid(),
    eventID: random.uuid(),
    readOnly: eventName.startsWith('Describe') || eventName.startsWith('Get'),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: '123456789012',
    eventCategory: 'Management',
  });
}
