import { z } from 'zod';
import type { ChannelDefinition } from '../channel.ts';
import { httpUrl, secret, secretPartsOf } from '../config-fields.ts';
import { answerText, refusalOf } from '../outgoing/outgoing.ts';
import { webhookPayload } from './payload.ts';
import { signature } from './signature.ts';

const config = z.strictObject({
  url: httpUrl().describe(
    'Where Alertmanager’s payload (version 4) is posted. Sealed: such addresses often hold a token.',
  ),
  signing_secret: secret()
    .min(16, 'must be at least 16 characters')
    .optional()
    .describe('Signs each request: X-Tailrace-Signature: t=<unix seconds>,v1=<hex HMAC-SHA-256 of "<t>.<body>">.'),
  bearer_token: secret(4000).optional().describe('Sent as Authorization: Bearer ….'),
});

/** Posts Alertmanager's payload anywhere. `Idempotency-Key` is the same for every repeat of a message. */
export const webhook: ChannelDefinition<typeof config> = {
  type: 'webhook',
  configSchema: config,
  fields: {
    url: { secretAddressOf: ['signing_secret', 'bearer_token'] },
    signing_secret: 'secret',
    bearer_token: 'secret',
  },
  endpoints: ({ url }) => [{ field: 'url', url }],
  open: ({ url, signing_secret, bearer_token }, { outgoing }) => ({
    async send(message, { signal }) {
      const body = JSON.stringify(webhookPayload(message));
      const unixSeconds = Math.floor(Date.now() / 1000);
      const answer = await outgoing.request(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': message.idempotencyKey,
          ...(signing_secret !== undefined && { 'x-tailrace-signature': signature(signing_secret, body, unixSeconds) }),
          ...(bearer_token !== undefined && { authorization: `Bearer ${bearer_token}` }),
        },
        body,
        signal,
      });
      const secrets = [...secretPartsOf(url), signing_secret ?? '', bearer_token ?? ''];
      const refusal = refusalOf(answer, secrets);
      if (refusal) throw refusal;
      return { answer: answerText(answer, secrets) };
    },
  }),
};
