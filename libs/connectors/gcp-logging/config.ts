import { createPrivateKey } from 'node:crypto';
import { required } from '@tailrace/connector/required.ts';
import { connectionSettings } from '@tailrace/connector/settings.ts';
import { type output, z } from 'zod';
import { maxFilterLength, readFilter } from './filter.ts';
import { projectOf } from './log-name.ts';

const text = () => z.string({ error: required('must be text') });
const notAKeyFile = 'must be the key file of a service account, as an object or as its JSON text';

/** The fields of a service account's key file that are used (https://cloud.google.com/iam/docs/keys-create-delete). */
const serviceAccountKey = z.looseObject(
  {
    type: z.literal('service_account', { error: 'must be "service_account": the key file of a service account' }),
    client_email: z.email({ error: required('must be the address of a service account') }),
    private_key: text().refine(isRsaKey, 'must be an RSA private key in PEM, with its line ends'),
  },
  { error: required(notAKeyFile) },
);

/** What a Cloud Logging connection is configured with. */
export const gcpConfig = z
  .strictObject({
    ...connectionSettings({
      pollIntervalMs: { min: 1000, max: 3_600_000, default: 15_000 },
      batchSize: { min: 1, max: 1000, default: 1000 },
    }),
    project_id: text()
      .regex(/^([a-z][a-z0-9.-]*:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'must be a Google Cloud project id')
      .describe('Google Cloud project.'),
    log_name: text()
      .max(512, 'must be at most 512 characters')
      .regex(/^[A-Za-z0-9._\-/%]+$/, 'must be a log id such as stdout, or projects/PROJECT/logs/LOG')
      .describe('Log id, or its full name.'),
    resource_type: text()
      .regex(/^[A-Za-z0-9_./-]{1,200}$/, 'must be a monitored resource type such as gce_instance')
      .optional()
      .describe('Only entries of this type of resource.'),
    filter: text()
      .max(maxFilterLength, `must be at most ${maxFilterLength} characters`)
      .superRefine((filter, context) => {
        const read = readFilter(filter);
        if ('problem' in read) context.addIssue({ code: 'custom', message: read.problem });
      })
      .optional()
      .describe('More conditions in the logging query language.'),
    credentials_json: z
      .preprocess(objectOf, serviceAccountKey)
      .describe("The service account's key file, as an object or as its text."),
    tail: z
      .boolean({ error: 'must be true or false' })
      .default(true)
      .describe('Also follow the live tail, for lines within a second. Each project allows ten tails.'),
    endpoint: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .optional()
      .describe('Another endpoint, of an allowed host; http:// is gRPC without TLS.'),
  })
  .superRefine(({ project_id, log_name }, context) => {
    const project = projectOf(log_name);
    if (project === undefined || project === project_id) return;
    context.addIssue({ code: 'custom', path: ['log_name'], message: `belongs to ${project}, not to project_id` });
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

/** Key files are cut, or lose their line ends, on the way through shells and forms. */
function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}
