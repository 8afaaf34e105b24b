import type { Draft } from '../draft.ts';
import type { FieldHandler } from '../fields/field-names.ts';

type Handler = FieldHandler<Draft>;

function resourceAs(name: string): Handler {
  return (draft, value) => draft.resourceAttribute(name, value);
}

/** A zone is a region with a letter behind it: `europe-west1-b`. */
const location: Handler = (draft, value) => {
  if (value === '' || value === 'global') return;
  const isZone = value.length > 2 && value.charCodeAt(value.length - 2) === 0x2d;
  if (isZone) draft.resourceAttribute('cloud.availability_zone', value);
  draft.resourceAttribute('cloud.region', isZone ? value.slice(0, -2) : value);
};

/**
 * Labels of monitored resources by OpenTelemetry's names.
 * @see https://cloud.google.com/monitoring/api/resources
 */
export const resourceLabels: Readonly<Record<string, Handler>> = {
  'resource.labels.project_id': resourceAs('cloud.account.id'),
  'resource.labels.location': location,
  'resource.labels.region': location,
  'resource.labels.zone': location,
  'resource.labels.cluster_name': resourceAs('k8s.cluster.name'),
  'resource.labels.namespace_name': resourceAs('k8s.namespace.name'),
  'resource.labels.pod_name': resourceAs('k8s.pod.name'),
  'resource.labels.container_name': resourceAs('k8s.container.name'),
  'resource.labels.node_name': resourceAs('k8s.node.name'),
  'resource.labels.instance_id': resourceAs('host.id'),
  'resource.labels.service_name': resourceAs('service.name'),
  'resource.labels.function_name': (draft, value) => {
    draft.resourceAttribute('faas.name', value);
    draft.resourceAttribute('service.name', value);
  },
  'resource.labels.job_name': resourceAs('service.name'),
  'resource.labels.module_id': resourceAs('service.name'),
  'resource.labels.revision_name': resourceAs('service.version'),
  'resource.labels.version_id': resourceAs('service.version'),
};

/** A label of no better name. */
export const otherResourceLabel: Handler = (draft, value, _kind, path) => draft.resourceAttribute(`gcp.${path}`, value);
