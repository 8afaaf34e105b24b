import { type Remedy, TailraceError } from '@tailrace/errors/tailrace-error.ts';

/** Why a message was not delivered, by what the sender must do about it. */
export type ChannelFailure =
  /** The other side understood and does not want this very message: others may pass. Never again with the same one. */
  | 'message_refused'
  /** Credentials, address or configuration cannot work: no message passes until a person has acted. */
  | 'channel_refused'
  /** The other side is there and asks for patience: after `retryAfterMs`, or a back-off. */
  | 'busy'
  /** No answer, or a broken one: back off. The message may have arrived all the same. */
  | 'unreachable';

const remedies: Readonly<Record<ChannelFailure, Remedy>> = {
  message_refused: 'give-up',
  channel_refused: 'give-up',
  busy: 'retry',
  unreachable: 'retry',
};

/** A failure of a channel. The message is for the channel's owner and is kept in the delivery log: never a secret. */
export class ChannelError extends TailraceError {
  readonly failure: ChannelFailure;

  constructor(
    failure: ChannelFailure,
    message: string,
    details: { readonly help?: string; readonly retryAfterMs?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { code: `channel.${failure}`, remedy: remedies[failure], ...details });
    this.failure = failure;
  }
}
