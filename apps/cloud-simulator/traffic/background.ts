import type { EmitRequest } from '../emission/emit-request.ts';
import type { Random } from '../random.ts';
import type { Cloud } from '../store/cloud-event.ts';
import { cloudTrail, vpcFlow } from './formats/aws-service-logs.ts';
import { syslog3164, syslog5424 } from './formats/syslog.ts';
import { goStandard, klog, logfmt, python } from './formats/text-loggers.ts';
import type { Level, LogLine } from './log-line.ts';
import { appTrace, awsEvent, containerLog, gatewayDiagnostics, gcpEntry, gkeEntry } from './places.ts';

type Background = (random: Random, nowMs: number) => EmitRequest;

function line(
  nowMs: number,
  service: string,
  instance: string,
  logger: string,
  message: string,
  level: Level = 'info',
): LogLine {
  return { service, instance, time: Math.floor(nowMs), level, logger, message, fields: {} };
}

const sshd = (random: Random) =>
  random.chance(0.3)
    ? `Failed password for invalid user admin from 198.51.100.${random.int(2, 250)} port ${random.int(1025, 65_000)} ssh2`
    : `Accepted publickey for deploy from 10.0.1.${random.int(2, 250)} port ${random.int(1025, 65_000)} ssh2: ED25519`;

/** What the machinery says when no customer is there, by cloud. */
const background: Readonly<Record<Cloud, readonly Background[]>> = {
  aws: [
    (random, now) => awsEvent(random, '/aws/vpc/flow-logs', 'eni-0f1e2d3c4b5a69788-all', now, vpcFlow(random, now)),
    (random, now) =>
      awsEvent(random, '/aws/cloudtrail', '123456789012_CloudTrail_eu-west-1', now, cloudTrail(random, now)),
    (random, now) => {
      const said = line(now, 'bastion', 'bastion-1', 'sshd', sshd(random), 'info');
      return awsEvent(random, '/ec2/bastion/syslog', 'bastion-1', now, syslog3164(said));
    },
    (random, now) => {
      const health = line(now, 'orders', 'ip-10-0-13-4', 'health', 'health check answered', 'debug');
      return awsEvent(random, '/ecs/orders', 'orders/app/c07e11', now, logfmt({ ...health, fields: { took: '1ms' } }));
    },
    (random, now) => {
      const settled = line(now, 'orders', 'ip-10-0-13-4', 'batch', `settled ${random.int(3, 90)} orders`, 'info');
      return awsEvent(random, '/ecs/orders', 'orders/batch/0d91fe', now, goStandard(settled));
    },
  ],
  azure: [
    (random, now) => {
      const pod = `shop/loyalty-7d6c5b4a3-${random.text(5, 'bcdfghjklm2456789')}`;
      const synced = { ...line(now, 'kubelet', 'kubelet-0', 'kubelet', 'SyncLoop ADD'), fields: { pods: [pod] } };
      return containerLog(random, synced, klog(synced), 'kube-system');
    },
    (random, now) => {
      const message = `Background refresh of ${random.int(10, 500)} catalogue pages finished`;
      return appTrace(random, line(now, 'storefront', 'storefront-1', 'Shop.Storefront.CatalogueRefresher', message));
    },
    (random, now) => {
      const late = random.chance(0.1);
      const message = late
        ? 'points ledger is behind by 42 s'
        : `points of ${random.int(5, 60)} customers recalculated`;
      const said = line(now, 'loyalty-worker', 'loyalty-worker-0', 'loyalty.worker', message, late ? 'warn' : 'info');
      return containerLog(random, said, python(said));
    },
    (random, now) => gatewayDiagnostics(random, now, random.chance(0.02) ? 503 : 200),
  ],
  gcp: [
    (random, now) => {
      const said = { ...line(now, 'inventory', 'vm-warehouse-1', 'scanner', sshd(random)), fields: { zone: 'b' } };
      return gcpEntry(random, 'syslog', 'vm-warehouse-1', now, {
        resource: {
          type: 'gce_instance',
          labels: { project_id: 'shop-prod', instance_id: '4711', zone: 'europe-west1-b' },
        },
        textPayload: syslog5424(said),
      });
    },
    (random, now) => {
      const indexed = line(
        now,
        'search',
        'search-indexer-0',
        'indexer',
        `indexed ${random.int(10, 900)} documents`,
        'info',
      );
      return gkeEntry(random, indexed, { textPayload: goStandard(indexed) });
    },
    (random, now) => {
      const synced = {
        ...line(now, 'kube-proxy', 'kube-proxy-1', 'proxier', 'Syncing rules'),
        fields: { took: '12ms' },
      };
      return gkeEntry(random, synced, { textPayload: klog(synced) });
    },
    (random, now) => {
      const denied = random.chance(0.1);
      const methodName = random.pick([
        'storage.objects.get',
        'storage.buckets.list',
        'google.iam.v1.IAMPolicy.SetIamPolicy',
      ]);
      return gcpEntry(random, 'cloudaudit.googleapis.com/activity', 'audit', now, {
        severity: denied ? 'ERROR' : 'NOTICE',
        resource: { type: 'gcs_bucket', labels: { project_id: 'shop-prod', bucket_name: 'shop-exports' } },
        protoPayload: {
          '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
          serviceName: 'storage.googleapis.com',
          methodName,
          resourceName: 'projects/_/buckets/shop-exports',
          authenticationInfo: { principalEmail: random.pick(['ci@shop.example', 'anna@shop.example']) },
          requestMetadata: { callerIp: `198.51.100.${random.int(2, 250)}`, callerSuppliedUserAgent: 'gcloud/531.0.0' },
          ...(denied ? { status: { code: 7, message: 'PERMISSION_DENIED' } } : {}),
        },
      });
    },
  ],
};

/** One line of a cloud's machinery. */
export function backgroundLine(cloud: Cloud, random: Random, nowMs: number): EmitRequest {
  return random.pick(background[cloud])(random, nowMs);
}
