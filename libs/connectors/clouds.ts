import type { CloudEvents } from '@tailrace/normalise/providers/cloud-events.ts';
import { aws } from './aws-cloudwatch/cloud.ts';
import { azure } from './azure-monitor/cloud.ts';
import type { Cloud } from './cloud.ts';
import { gcp } from './gcp-logging/cloud.ts';

/**
 * Every cloud. Another one is a folder and one more line; then `npm run generate` gives the schemas its provider, which
 * topics, choices and types follow from.
 */
export const clouds: readonly Cloud[] = [aws, azure, gcp];

export const cloudEvents: readonly CloudEvents[] = clouds.map(({ events }) => events);
