import type { KeyRing } from '@tailrace/credentials/key-ring.ts';
import { CredentialsError, openCredentials } from '@tailrace/credentials/sealed-credentials.ts';
import { unlessAborted } from '@tailrace/errors/abort.ts';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import type { NotificationChannel } from '@tailrace/schemas/generated/notification-channel.ts';
import { z } from 'zod';
import { ChannelError } from './channel-error.ts';
import type { Message } from './message.ts';
import type { Outgoing } from './outgoing/outgoing.ts';
import type { ChannelKinds } from './registry.ts';

export interface DeliveryOptions {
  readonly kinds: ChannelKinds;
  readonly keys: KeyRing;
  readonly outgoing: Outgoing;
}

const configSchema = z.record(z.string(), z.unknown());

/** Sends a message by a stored channel. Resolves with the answer. @throws ChannelError, whatever went wrong. */
export async function deliver(
  { kinds, keys, outgoing }: DeliveryOptions,
  stored: NotificationChannel,
  message: Message,
  signal: AbortSignal,
): Promise<string> {
  try {
    const kind = kinds.get(stored.channel_type);
    if (kind === undefined) {
      throw new ChannelError('channel_refused', `this installation has no channels of the type ${stored.channel_type}`);
    }
    const sealed = stored.sealed_credentials;
    const secrets = sealed === null ? {} : await openCredentials(keys, stored.id, sealed);
    const channel = kind.configure({ ...configSchema.parse(JSON.parse(stored.config)), ...secrets }).open({ outgoing });
    // A kind of channel that does not heed its signal is left behind.
    const { answer } = await unlessAborted(channel.send(message, { signal }), signal);
    return answer;
  } catch (error) {
    if (error instanceof ChannelError) throw error;
    if (signal.aborted) throw new ChannelError('unreachable', 'no answer in time', { cause: error });
    if (error instanceof CredentialsError) {
      throw new ChannelError('channel_refused', `${error.message}. ${error.help ?? ''}`, { cause: error });
    }
    throw new ChannelError('unreachable', `the channel failed: ${messageOf(error).slice(0, 200)}`, { cause: error });
  }
}
