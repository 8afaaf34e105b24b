import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commonSettings } from '@tailrace/role/start-roles.ts';
import { ownSettingsOf, type RoleSetting, roleNames, settingsOf } from './operators/role-settings.ts';

/**
 * `node scripts/generate-helm-values.ts` writes what the Helm chart knows of the settings: `files/settings.json`, by which it
 * gives each role those that it reads, and `values.schema.json`, by which Helm refuses a value that a process would refuse.
 */
const chart = join(import.meta.dirname, '../docs/operations/helm/tailrace');
/** The chart decides these itself. */
const fixed = new Set(['PORT', 'WEB_DIRECTORY']);

type JsonSchema = Readonly<Record<string, unknown>>;

/** The chart's generated files by their paths within it. */
export async function helmFiles(): Promise<ReadonlyMap<string, string>> {
  const common = settingsOf(commonSettings);
  const roles = await Promise.all(
    roleNames.map(async (role) => {
      const settings = [...common, ...(await ownSettingsOf(role))].filter(({ variable }) => !fixed.has(variable));
      return [role, settings] as const;
    }),
  );
  const read = Object.fromEntries(
    roles.map(([role, settings]) => [
      role,
      { settings: variablesOf(settings, false), secrets: variablesOf(settings, true) },
    ]),
  );
  const text = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;
  return new Map([
    ['files/settings.json', text(read)],
    ['values.schema.json', text(valuesSchema(roles))],
  ]);
}

function variablesOf(settings: readonly RoleSetting[], secret: boolean): string[] {
  return settings.flatMap(({ variable, isSecret }) => (isSecret === secret ? [variable] : []));
}

function valuesSchema(roles: readonly (readonly [string, readonly RoleSetting[]])[]): JsonSchema {
  const all = [...new Map(roles.flatMap(([, settings]) => settings).map((each) => [each.variable, each])).values()];
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Values of the Tailrace chart',
    ...object(
      {
        image: object({
          repository: { ...text, minLength: 1 },
          tag: { type: ['string', 'null'] },
          pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
          pullSecrets: { type: 'array', items: text },
        }),
        settings: settingsSchema(all),
        secrets: object(
          Object.fromEntries(
            all
              .filter(({ isSecret }) => isSecret)
              .map(({ variable, description }) => [
                variable,
                {
                  description,
                  ...object({ name: { ...text, minLength: 1 }, key: { ...text, minLength: 1 } }, ['name', 'key']),
                  type: ['object', 'null'],
                },
              ]),
          ),
        ),
        certificateAuthorities: object({ configMap: text, key: text }),
        roles: object(Object.fromEntries(roles.map(([role, settings]) => [role, roleSchema(settings)])), roleNames),
        preStopSeconds: { type: 'integer', minimum: 0, maximum: 300 },
        ingress: object({
          enabled: { type: 'boolean' },
          className: text,
          host: text,
          tlsSecretName: text,
          annotations: texts,
        }),
        podMonitor: object({ enabled: { type: 'boolean' }, labels: texts, interval: text }),
        prometheusRules: text,
        prometheusRuleLabels: texts,
        grafanaDashboard: text,
        grafanaDashboardLabels: texts,
        // What Helm itself puts there for a chart that is part of another one.
        global: { type: 'object' },
      },
      ['image', 'settings', 'secrets', 'roles'],
    ),
    $defs: Object.fromEntries(openOf(all).map((setting) => [setting.variable, settingSchema(setting)])),
  };
}

const text: JsonSchema = { type: 'string' };
const texts: JsonSchema = { type: 'object', additionalProperties: text };

function object(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[] = []): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: false };
}

function roleSchema(settings: readonly RoleSetting[]): JsonSchema {
  const anything = { type: 'object' };
  return object(
    {
      replicas: { type: 'integer', minimum: 0 },
      resources: anything,
      settings: settingsSchema(settings),
      serviceAccount: object({ annotations: texts }),
      podLabels: texts,
      podAnnotations: texts,
      nodeSelector: texts,
      tolerations: { type: 'array', items: anything },
      affinity: anything,
    },
    ['replicas', 'resources'],
  );
}

function settingsSchema(settings: readonly RoleSetting[]): JsonSchema {
  return object(
    Object.fromEntries(openOf(settings).map(({ variable }) => [variable, { $ref: `#/$defs/${variable}` }])),
  );
}

function openOf(settings: readonly RoleSetting[]): readonly RoleSetting[] {
  return settings.filter(({ isSecret }) => !isSecret);
}

/** A value may be written as YAML has it, or as text, which is what the process gets; null unsets it. */
function settingSchema({ description, accepts, limits, choices }: RoleSetting): JsonSchema {
  const described = { description: `${description} Accepts: ${accepts}.` };
  if (limits !== undefined) {
    const { min: minimum, max: maximum } = limits;
    return { ...described, type: ['integer', 'string', 'null'], minimum, maximum, pattern: '^-?[0-9]{0,15}$' };
  }
  if (choices !== undefined) {
    const written = choices.includes('true') ? [true, false, ...choices] : choices;
    return { ...described, enum: [...written, '', null] };
  }
  return { ...described, type: ['string', 'integer', 'boolean', 'null'] };
}

if (import.meta.main) {
  for (const [path, content] of await helmFiles()) writeFileSync(join(chart, path), content);
}
