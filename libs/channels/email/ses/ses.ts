import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { ChannelError, type ChannelFailure } from '../../channel-error.ts';
import { type Outgoing, printable } from '../../outgoing/outgoing.ts';
import type { EmailConfig } from '../config.ts';
import type { Mail } from '../mail.ts';

const connectTimeoutMs = 5000;
const requestTimeoutMs = 30_000;

/**
 * Amazon SES, version 2. It calls the region's own endpoint, which no configuration can lead elsewhere; another endpoint
 * only where the operator allows that very host. SES gives a mail a Message-ID of its own; our header stays.
 * @throws ChannelError by the exception's name.
 */
export async function sendSes(
  config: EmailConfig,
  mail: Mail,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<string> {
  const { ses_endpoint: endpoint, ses_secret_access_key: secretAccessKey = '' } = config;
  const refusal = sesEndpointRefusal(endpoint, outgoing);
  if (refusal !== undefined) throw new ChannelError('channel_refused', refusal);
  const client = new SESv2Client({
    region: config.ses_region ?? '',
    credentials: { accessKeyId: config.ses_access_key_id ?? '', secretAccessKey },
    // The sender retries by itself, and reports it.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
    ...(endpoint !== undefined && { endpoint }),
  });
  try {
    const { MessageId: id } = await client.send(
      new SendEmailCommand({
        FromEmailAddress: config.from,
        Destination: { ToAddresses: config.to },
        Content: {
          Simple: {
            Subject: { Data: mail.subject, Charset: 'UTF-8' },
            Body: { Text: { Data: mail.text, Charset: 'UTF-8' }, Html: { Data: mail.html, Charset: 'UTF-8' } },
            Headers: Object.entries(mail.headers).map(([Name, Value]) => ({ Name, Value })),
          },
        },
      }),
      { abortSignal: signal },
    );
    return printable(`accepted as ${id ?? 'a message without an id'}`);
  } catch (error) {
    const said = printable(messageOf(error), [secretAccessKey]);
    const name = error instanceof Error ? error.name : '';
    throw new ChannelError(failureOf(name, error), `SES: ${name}: ${said}`);
  } finally {
    client.destroy();
  }
}

/** The SDK's own client does the calling, without our check at connect: so another endpoint must be the operator's. */
function sesEndpointRefusal(endpoint: string | undefined, { policy }: Pick<Outgoing, 'policy'>): string | undefined {
  if (endpoint === undefined) return undefined;
  const { hostname, port, protocol } = new URL(endpoint);
  const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  if (policy.isAllowed(hostname, number)) return undefined;
  return `ses_endpoint: ask the operator to add ${hostname}:${number} to NOTIFICATION_ENDPOINT_ALLOWLIST`;
}

/** https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors */
const failures: Readonly<Record<string, ChannelFailure>> = {
  TooManyRequestsException: 'busy',
  LimitExceededException: 'busy',
  ThrottlingException: 'busy',
  Throttling: 'busy',
  MessageRejected: 'message_refused',
  BadRequestException: 'message_refused',
};

function failureOf(name: string, error: unknown): ChannelFailure {
  const known = Object.hasOwn(failures, name) ? failures[name] : undefined;
  if (known !== undefined) return known;
  const metadata: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, '$metadata') : undefined;
  const status: unknown =
    typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? 'channel_refused' : 'unreachable';
}
