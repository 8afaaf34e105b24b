import { awsEvents } from './aws.ts';
import { azureEvents } from './azure.ts';
import type { CloudEvents } from './cloud-events.ts';
import { gcpEvents } from './gcp.ts';

/** The clouds whose events are read here. Another cloud's reader is in the folder of its connector. */
export const builtInClouds: readonly CloudEvents[] = [awsEvents, azureEvents, gcpEvents];
