import { type ChannelKind, channelKind } from './channel.ts';
import { email } from './email/email.ts';
import { jira } from './jira/jira.ts';
import { slack } from './slack/slack.ts';
import { webhook } from './webhook/webhook.ts';

/** Kinds of channels by their type; `in_app` is none: the stored alert itself is what is shown. */
export type ChannelKinds = ReadonlyMap<string, ChannelKind>;

/** Every kind of channel that this installation has. Another one is one more line. */
const all: readonly ChannelKind[] = [channelKind(email), channelKind(slack), channelKind(jira), channelKind(webhook)];

export const channelKinds: ChannelKinds = new Map(all.map((each) => [each.type, each]));
