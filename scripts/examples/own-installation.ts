import { channelKind } from '@tailrace/channels/channel.ts';
import type { Extensions } from '@tailrace/role/extensions.ts';
import { logFile } from './own-channel.ts';
import { requestLines } from './own-parser.ts';
import { slowRequests } from './own-rule-kind.ts';

/**
 * What an installation brings besides what Tailrace comes with, a line each. Its `main.ts` is
 * `await runRoles(allRoles, extensions)`, and a role that is started by itself is given the same.
 */
export const extensions: Extensions = {
  parsers: [requestLines],
  ruleKinds: [slowRequests],
  channelKinds: [channelKind(logFile)],
};
