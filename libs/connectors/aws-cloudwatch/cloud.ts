import { connector } from '@tailrace/ingestion/contract/configure.ts';
import { awsEvents } from '@tailrace/normalise/providers/aws.ts';
import type { Cloud } from '../cloud.ts';

export const aws: Cloud = {
  events: awsEvents,
  connector: async () => connector((await import('./aws-cloudwatch.ts')).awsCloudWatch),
};
