import { connectionSettings } from '@tailrace/connector/settings.ts';
import { type output, z } from 'zod';
import { filterProblem, maxFilterLength } from './filter.ts';

/** The fields of a service account's key file that are used (https://cloud.google.com/iam/docs/keys-create-delete). */
const serviceAccountKey = z.looseObject(
  {
    type: z.literal('service_account', { error: 'must be "service_account": the key file of a service account' }),
    client_email: z.email({ error: 'must be the address of a service account' }),
    private_key: z
      .string()
      .regex(/^-----BEGIN (RSA )?PRIVATE KEY-----/, 'must be a PEM private key, with its line ends'),
  },
  { error: 'must be the key file of a service account, as an object or as its JSON text' },
);

/** What a Cloud Logging connection is configured with. */
export const gcpConfig = z.strictObject({
  ...connectionSettings({
    pollIntervalMs: { min: 1000, max: 3_600_000, default: 15_000 },
    batchSize: { min: 1, max: 1000, default: 1000 },
  }),
  project_id: z
    .string()
    .regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'must be a Google Cloud project id')
    .describe('Google Cloud project.'),
  log_name: z
    .string()
    .min(1)
    .max(512)
    .regex(/^[A-Za-z0-9._\-/%]+$/, 'must be a log id such as stdout, or projects/PROJECT/logs/LOG')
    .describe('Log id, or its full name.'),
  resource_type: z
    .string()
    .regex(/^[a-z0-9_]{1,100}$/, 'must be a monitored resource type such as gce_instance')
    .optional()
    .describe('Only entries of this type of resource.'),
  filter: z
    .string()
    .max(maxFilterLength)
    .superRefine((filter, context) => {
      const problem = filterProblem(filter);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    })
    .optional()
    .describe('More conditions in the logging query language.'),
  credentials_json: z
    .preprocess(objectOf, serviceAccountKey)
    .describe("The service account's key file, as an object or as its text."),
  tail: z
    .boolean()
    .default(true)
    .describe('Also follow the live tail, for lines within a second. Each project allows ten tails.'),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Another endpoint, of an allowed host; http:// is gRPC without TLS.'),
});

export type GcpConfig = output<typeof gcpConfig>;

/** The text of a key file as the object it is; anything else is left for the schema to refuse. */
function objectOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
