import { connectionSettings } from '@tailrace/connector/settings.ts';
import { type output, z } from 'zod';

const logGroupName = /^[.\-_/#A-Za-z0-9]{1,512}$/;
const logGroupArn = /^arn:aws[a-z-]*:logs:[a-z0-9-]+:\d{12}:log-group:[.\-_/#A-Za-z0-9]{1,512}$/;

/** What a CloudWatch Logs connection is configured with. */
export const awsConfig = z
  .strictObject({
    ...connectionSettings({
      pollIntervalMs: { min: 200, max: 3_600_000, default: 500 },
      batchSize: { min: 1, max: 10_000, default: 10_000 },
    }),
    access_key_id: z
      .string()
      .regex(/^[A-Z0-9]{16,128}$/, 'must be 16 to 128 capital letters and digits, as in AKIA…')
      .optional()
      .describe("Access key. Left out: the host's own identity (environment, profile, container or instance role)."),
    secret_access_key: z.string().min(1).max(256).optional().describe('Its secret.'),
    session_token: z.string().min(1).max(4096).optional().describe('For temporary credentials.'),
    role_arn: z
      .string()
      .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, 'must be the ARN of a role')
      .optional()
      .describe('A role to assume with those credentials.'),
    external_id: z.string().min(2).max(1224).optional().describe("The external id that the role's trust asks for."),
    region: z
      .string()
      .regex(/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/, 'must be a region such as eu-central-1')
      .describe('Region of the log group.'),
    log_group: z
      .string()
      .refine(
        (value) => logGroupName.test(value) || logGroupArn.test(value),
        'must be the name or the ARN of a log group',
      )
      .describe('Log group: its name, or its ARN when it belongs to another account.'),
    log_streams: z
      .array(z.string().min(1).max(512))
      .min(1)
      .max(100)
      .optional()
      .describe('Only these streams; all when left out.'),
    filter_pattern: z
      .string()
      .max(1024)
      .optional()
      .describe("CloudWatch's own filter pattern: only matching events are read."),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Another endpoint, of an allowed host.'),
  })
  .superRefine((config, context) => {
    if ((config.access_key_id === undefined) !== (config.secret_access_key === undefined)) {
      const missing = config.access_key_id === undefined ? 'access_key_id' : 'secret_access_key';
      context.addIssue({ code: 'custom', path: [missing], message: 'is required with the other half of the key' });
    }
    if (config.session_token !== undefined && config.access_key_id === undefined) {
      context.addIssue({ code: 'custom', path: ['session_token'], message: 'needs access_key_id' });
    }
    if (config.external_id !== undefined && config.role_arn === undefined) {
      context.addIssue({ code: 'custom', path: ['external_id'], message: 'needs role_arn' });
    }
  });

export type AwsConfig = output<typeof awsConfig>;

/** The account that an ARN names; undefined for a plain name. */
export function accountOf(logGroup: string): string | undefined {
  return logGroupArn.test(logGroup) ? logGroup.split(':')[4] : undefined;
}
