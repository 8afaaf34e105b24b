import { z } from 'zod';
import type { ChannelDefinition } from '../channel.ts';
import { httpUrl, secretPartsOf } from '../config-fields.ts';
import { answerText, refusalOf } from '../outgoing/outgoing.ts';
import { slackBody } from './blocks.ts';

const config = z.strictObject({
  webhook_url: httpUrl().describe(
    'An incoming webhook, https://hooks.slack.com/services/…: anybody who has it may post.',
  ),
});

/** An incoming webhook of Slack, or of what speaks the same, such as Mattermost. It takes no idempotency key. */
export const slack: ChannelDefinition<typeof config> = {
  type: 'slack',
  configSchema: config,
  fields: { webhook_url: 'secret' },
  endpoints: ({ webhook_url: url }) => [{ field: 'webhook_url', url }],
  open: ({ webhook_url: url }, { outgoing }) => ({
    async send(message, { signal }) {
      const answer = await outgoing.request(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'x-tailrace-notification': message.idempotencyKey,
        },
        body: JSON.stringify(slackBody(message)),
        signal,
      });
      const secrets = secretPartsOf(url);
      const refusal = refusalOf(answer, secrets);
      if (refusal) throw refusal;
      return { answer: answerText(answer, secrets) };
    },
  }),
};
