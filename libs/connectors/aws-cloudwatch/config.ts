import { required } from '@tailrace/config/required.ts';
import { connectionSettings } from '@tailrace/ingestion/contract/settings.ts';
import { type output, z } from 'zod';
import { logGroupOf } from './log-group.ts';

const text = (options: { error?: string } = {}) => z.string({ error: required(options.error ?? 'must be text') });

/** A secret as it goes into a header or a signature: a line end that was copied with it would only fail later. */
const secret = (max: number) =>
  text()
    .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters without spaces or line ends')
    .max(max, `must be at most ${max} characters`);

/** What AWS gives out. Local stand-ins, reached by an endpoint, take any, often `test`. */
const cloudKey = /^[A-Z0-9]{16,128}$/;

/** What a CloudWatch Logs connection is configured with. */
export const awsConfig = z
  .strictObject({
    ...connectionSettings({
      pollIntervalMs: { min: 200, max: 3_600_000, default: 500 },
      batchSize: { min: 1, max: 10_000, default: 10_000 },
    }),
    access_key_id: secret(128)
      .optional()
      .describe("Access key. Left out: the host's own identity (environment, profile, container or instance role)."),
    secret_access_key: secret(256).optional().describe('Its secret.'),
    session_token: secret(8192).optional().describe('For temporary credentials.'),
    role_arn: text()
      .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, 'must be the ARN of a role')
      .optional()
      .describe('A role to assume with those credentials.'),
    external_id: text()
      .regex(/^[\w+=,.@:/-]{2,1224}$/, 'must be 2 to 1224 letters, digits or any of + = , . @ : / _ -')
      .optional()
      .describe("The external id that the role's trust asks for."),
    region: text()
      .regex(/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/, 'must be a region such as eu-central-1')
      .describe('Region of the log group.'),
    log_group: text()
      .refine((value) => logGroupOf(value) !== undefined, 'must be the name or the ARN of a log group')
      .describe('Log group: its name, or its ARN when it belongs to another account.'),
    log_streams: z
      .array(
        text()
          .regex(/^[^:*]+$/, 'must be the name of a log stream, without : and *')
          .max(512, 'must be at most 512 characters'),
        { error: 'must be a list of names of log streams' },
      )
      .min(1, 'must name a log stream, or be left out')
      .max(1000, 'must name at most 1000 log streams')
      .optional()
      .describe('Only these streams; all when left out. Each hundred takes a request of its own.'),
    filter_pattern: text()
      .min(1, 'must not be empty: leave it out to read all events')
      .max(1024, 'must be at most 1024 characters')
      .optional()
      .describe("CloudWatch's own filter pattern: only matching events are read."),
    endpoint: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .optional()
      .describe('Another endpoint, of an allowed host.'),
  })
  .refine(
    ({ access_key_id: key, endpoint }) => typeof key !== 'string' || endpoint !== undefined || cloudKey.test(key),
    {
      path: ['access_key_id'],
      error: 'must be 16 to 128 capital letters and digits, as in AKIA…; other keys are for an endpoint of your own',
      when: ({ value }) => typeof value === 'object' && value !== null,
    },
  )
  .superRefine((config, context) => {
    const issue = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    const { access_key_id: key, secret_access_key: secretKey } = config;
    if (key !== undefined && secretKey === undefined) issue('secret_access_key', 'is required beside access_key_id');
    if (key === undefined && secretKey !== undefined) issue('access_key_id', 'is required beside secret_access_key');
    if (config.session_token !== undefined && key === undefined) issue('session_token', 'needs access_key_id');
    if (config.external_id !== undefined && config.role_arn === undefined) issue('external_id', 'needs role_arn');
    const region = logGroupOf(config.log_group)?.region;
    if (region !== undefined && region !== config.region)
      issue('region', `must be ${region}, as in the log group's ARN`);
  });

export type AwsConfig = output<typeof awsConfig>;
