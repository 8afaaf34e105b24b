import type { Connection } from '../api/generated.ts';

type Provider = Connection['cloud_provider'];

export const providerNames: Readonly<Record<Provider, string>> = {
  aws: 'AWS CloudWatch Logs',
  azure: 'Azure Monitor Logs',
  gcp: 'Google Cloud Logging',
};

/** Fields that say what a connection reads, by provider. */
const sourceFields: Readonly<Record<Provider, readonly string[]>> = {
  aws: ['region', 'log_group'],
  azure: ['query'],
  gcp: ['project_id', 'log_name'],
};

/** What a connection reads, in a few words. */
export function sourceOf({ cloud_provider, connection_config }: Connection): string {
  return sourceFields[cloud_provider]
    .flatMap((field) => {
      const value = connection_config[field];
      return typeof value === 'string' ? [value] : [];
    })
    .join(' · ');
}
