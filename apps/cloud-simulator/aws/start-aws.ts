import type { AwsEvent } from '../store/cloud-event.ts';
import type { CloudParts } from '../wire/cloud-parts.ts';
import { serveHttp } from '../wire/http-service.ts';
import type { AwsAccessKey } from './aws-access.ts';
import { CloudWatchLogs } from './cloudwatch-logs.ts';
import { LogGroups } from './log-groups.ts';

/** The simulated AWS, as a client must know it. */
export interface AwsSide {
  /** `http://host:port`, for the SDK's `endpoint` or `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS`. */
  readonly endpoint: string;
  readonly region: string;
  readonly account: string;
  /** Groups that exist from the start; more come by being written to. */
  readonly logGroups: readonly string[];
  readonly keys: {
    readonly active: AwsAccessKey;
    /** Temporary credentials, with a session token. */
    readonly session: AwsAccessKey;
    readonly expired: AwsAccessKey;
    readonly denied: AwsAccessKey;
  };
}

export interface RunningAws extends AwsSide {
  stop(): Promise<void>;
}

export const awsAccount = '123456789012';
export const awsRegion = 'eu-west-1';

const key = (accessKeyId: string, state: AwsAccessKey['state']): AwsAccessKey => ({
  accessKeyId,
  secretAccessKey: `simulated-secret-of-${accessKeyId}`,
  account: awsAccount,
  state,
});

const keys = {
  active: key('AKIASIMULATEDACTIVE0', 'active'),
  session: { ...key('ASIASIMULATEDSESSION', 'active'), sessionToken: 'simulated-session-token' },
  expired: key('AKIASIMULATEDEXPIRED', 'expired'),
  denied: key('AKIASIMULATEDDENIED0', 'denied'),
};

/** Serves the simulated CloudWatch Logs. */
export async function startAws(parts: CloudParts, logGroups: readonly string[], port: number): Promise<RunningAws> {
  const { clock, store, ledger } = parts;
  const groups = new LogGroups();
  for (const name of logGroups) groups.declare(`${awsAccount}:${awsRegion}`, name, clock.now());
  const isAws = (event: { readonly cloud: string }): event is AwsEvent => event.cloud === 'aws';
  for (const event of store.emitted.filter(isAws)) groups.note(event);
  const unlisten = ledger.listen((events) => {
    for (const event of events.filter(isAws)) groups.note(event);
  });
  const cloud = new CloudWatchLogs({ ...parts, groups, keys: Object.values(keys) });
  const service = await serveHttp(cloud, parts, { host: parts.host, port });
  return {
    endpoint: `http://${parts.hostname}:${service.port}`,
    region: awsRegion,
    account: awsAccount,
    logGroups,
    keys,
    async stop() {
      unlisten();
      await service.close();
    },
  };
}
