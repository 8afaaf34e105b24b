import { appendFile } from 'node:fs/promises';
import type { ChannelDefinition } from '@tailrace/channels/channel.ts';
import { ChannelError } from '@tailrace/channels/channel-error.ts';
import { messageText } from '@tailrace/channels/message-text.ts';
import { z } from 'zod';

const config = z.strictObject({
  file: z.string().min(1).describe('File that gets a line for each message.'),
  pager_code: z.string().optional().describe('Shows how a secret gets here: sealed until it is needed.'),
});

/**
 * A kind of channel of one's own: a line in a file for each message. Whatever calls an address of a person's choice does
 * it through `deps.outgoing`, which checks the address; a file calls nobody.
 */
export const logFile: ChannelDefinition<typeof config> = {
  type: 'log-file',
  configSchema: config,
  fields: { file: 'setting', pager_code: 'secret' },
  endpoints: () => [],
  open: ({ file, pager_code }) => ({
    async send(message) {
      const { title } = messageText(message);
      try {
        await appendFile(file, `${message.idempotencyKey} ${title}${pager_code === undefined ? '' : ' (paged)'}\n`);
      } catch (cause) {
        // Tried again with back-off until the deadline; `channel_refused` would end it at once.
        throw new ChannelError('unreachable', 'the file cannot be written', { cause });
      }
      return { answer: 'written' };
    },
  }),
};
