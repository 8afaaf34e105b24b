import { type SecretRules, secretRules } from '@tailrace/credentials/field-uses.ts';
import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import { safeParse, type ZodObject } from 'zod';
import type { ConnectorDefinition, Quota, Source, SourceDeps, SweepAxis, SweepTier } from './connector.ts';
import { ConnectorError } from './connector-error.ts';
import { type RunSettings, runSettings, type SettingDefaults } from './settings.ts';

/** A connector whose configuration's type is its own business: what roles hold a list of. */
export interface Connector extends Omit<SecretRules, 'addressFields'> {
  readonly provider: Provider;
  /** See `ConnectorDefinition`. */
  readonly title: string;
  /** See `ConnectorDefinition`. */
  readonly sourceFields: readonly string[];
  readonly configSchema: ZodObject;
  /** Fields that name a host, accepted only when it is in CLOUD_ENDPOINT_ALLOWLIST. */
  readonly endpointFields: readonly string[];
  /**
   * Accepts a connection's configuration, secrets included. Calls nobody.
   * @throws ConnectorError `invalid_config` that names every bad field and no value.
   */
  configure(config: Readonly<Record<string, unknown>>, defaults?: SettingDefaults): ConfiguredConnector;
}

/** A connector with an accepted configuration. */
export interface ConfiguredConnector {
  readonly settings: RunSettings;
  /** See `ConnectorDefinition.usesHostIdentity`; checked by `hostIdentityRefusal`. */
  readonly usesHostIdentity: boolean;
  readonly axis: SweepAxis;
  readonly tiers: readonly SweepTier[];
  readonly quota: Quota;
  /** What the source is: see `ConnectorDefinition.describe`. */
  readonly source: Readonly<Record<string, string>>;
  open(deps: SourceDeps): Source;
}

/** Makes a definition usable beside others. */
export function connector<Schema extends ZodObject>(definition: ConnectorDefinition<Schema>): Connector {
  const { provider, title = provider, sourceFields = [], configSchema, fields, axis } = definition;
  const { addressFields: endpointFields, ...secrets } = secretRules(fields);
  return {
    provider,
    title,
    sourceFields,
    configSchema,
    ...secrets,
    endpointFields,
    configure(given, defaults = {}) {
      const result = configSchema.safeParse({ ...acceptable(configSchema, defaults), ...given });
      if (!result.success) {
        const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'config'}: ${message}`);
        throw new ConnectorError('invalid_config', problems.join('; '), {
          help: 'Correct the connection, then save it.',
        });
      }
      const config = result.data;
      return {
        settings: runSettings.parse(config),
        usesHostIdentity: definition.usesHostIdentity?.(config) ?? false,
        axis,
        tiers: definition.tiers(config),
        quota: definition.quota(config),
        source: definition.describe(config),
        open: (deps) => definition.open(config, deps),
      };
    },
  };
}

/** The installation's defaults as far as this connector can take them: its own limits are narrower than theirs. */
function acceptable(schema: ZodObject, defaults: SettingDefaults): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(defaults).filter(([field, value]) => {
      const type = schema.shape[field];
      return value !== undefined && type !== undefined && safeParse(type, value).success;
    }),
  );
}
