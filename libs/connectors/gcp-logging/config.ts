import { required } from '@tailrace/config/required.ts';
import { connectionSettings } from '@tailrace/ingestion/contract/settings.ts';
import { type output, z } from 'zod';
import { maxFilterLength, readFilter } from './filter.ts';
import { projectOf } from './log-name.ts';
import { rsaKeyProblem } from './rsa-key.ts';

const text = () => z.string({ error: required('must be text') });
/** A key file has about 2,400 characters. */
const maxKeyFileLength = 20_000;
const notAKeyFile = 'must be the key file of a service account, as an object or as its JSON text';

/** The fields of a service account's key file that are used (https://cloud.google.com/iam/docs/keys-create-delete). */
const serviceAccountKey = z.looseObject(
  {
    type: z.literal('service_account', { error: 'must be "service_account": the key file of a service account' }),
    client_email: z.email({ error: required('must be the address of a service account') }),
    private_key: text().superRefine((pem, context) => {
      const problem = rsaKeyProblem(pem);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    }),
  },
  { error: required(notAKeyFile) },
);

/** Such as local stand-ins are given. */
const shortId = /^(.*:)?[^:]{1,5}$/;

/** What a Cloud Logging connection is configured with. */
export const gcpConfig = z
  .strictObject({
    ...connectionSettings({
      pollIntervalMs: { min: 1000, max: 3_600_000, default: 15_000 },
      batchSize: { min: 1, max: 1000, default: 1000 },
    }),
    project_id: text()
      .regex(/^([a-z][a-z0-9.-]*:)?[a-z][a-z0-9-]{0,28}[a-z0-9]$/, 'must be a Google Cloud project id')
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
      .max(maxFilterLength, { error: `must be at most ${maxFilterLength} characters`, abort: true })
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
  .refine(
    ({ project_id, endpoint }) => typeof project_id !== 'string' || endpoint !== undefined || !shortId.test(project_id),
    {
      path: ['project_id'],
      error: 'must be a Google Cloud project id, of 6 characters or more; shorter ones are for an endpoint of your own',
      when: ({ value }) => typeof value === 'object' && value !== null,
    },
  )
  .superRefine(({ project_id, log_name }, context) => {
    const project = projectOf(log_name);
    if (project === undefined || project === project_id) return;
    context.addIssue({ code: 'custom', path: ['log_name'], message: `belongs to ${project}, not to project_id` });
  });

export type GcpConfig = output<typeof gcpConfig>;

/** The text of a key file as the object it is; anything else is left for the schema to refuse. */
function objectOf(value: unknown): unknown {
  if (typeof value !== 'string' || value.length > maxKeyFileLength) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
