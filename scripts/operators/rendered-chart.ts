import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { ownSettingsOf, type RoleSetting, roleNames } from './role-settings.ts';

const variable = z.object({ name: z.string(), value: z.string() });
const httpProbe = z.looseObject({ httpGet: z.object({ path: z.string(), port: z.literal('http') }) });
const selector = z.object({ matchLabels: z.record(z.string(), z.string()) });
const container = z.looseObject({
  command: z.array(z.string()),
  env: z.array(variable),
  startupProbe: httpProbe,
  livenessProbe: httpProbe,
  readinessProbe: httpProbe,
  resources: z.object({ requests: z.record(z.string(), z.string()), limits: z.record(z.string(), z.string()) }),
  securityContext: z.looseObject({
    readOnlyRootFilesystem: z.literal(true),
    allowPrivilegeEscalation: z.literal(false),
  }),
});
const secretSource = z.object({
  secret: z.object({ name: z.string(), items: z.array(z.object({ key: z.string(), path: z.string() })) }),
});
const deploymentSchema = z.object({
  kind: z.literal('Deployment'),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    selector,
    template: z.object({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
      spec: z.looseObject({
        automountServiceAccountToken: z.literal(false),
        terminationGracePeriodSeconds: z.int(),
        containers: z.tuple([container]),
        volumes: z.array(
          z.looseObject({
            name: z.string(),
            projected: z
              .object({ sources: z.array(secretSource) })
              .loose()
              .optional(),
          }),
        ),
      }),
    }),
  }),
});
const budgetSchema = z.object({
  kind: z.literal('PodDisruptionBudget'),
  spec: z.looseObject({ maxUnavailable: z.literal(1), selector }),
});
const manifest = z.looseObject({ kind: z.string(), metadata: z.looseObject({ name: z.string() }) });
type Deployment = z.output<typeof deploymentSchema>;

/** What is wrong with the manifests that `helm template` printed; empty when nothing is. */
export async function renderedProblems(printed: string): Promise<string[]> {
  const manifests = parseAllDocuments(printed)
    .map((document) => document.toJS() as unknown)
    .filter((each) => each !== null)
    .map((each) => manifest.parse(each));
  const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  const problems = names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name} is there twice`);
  const deployments = manifests.filter(({ kind }) => kind === 'Deployment').map((each) => deploymentSchema.parse(each));
  const budgets = manifests
    .filter(({ kind }) => kind === 'PodDisruptionBudget')
    .map((each) => JSON.stringify(budgetSchema.parse(each).spec.selector));
  const run = deployments.map((each) => roleOf(each)).sort();
  if (run.join() !== roleNames.join()) problems.push(`runs the roles ${run.join(', ')}, not ${roleNames.join(', ')}`);
  for (const deployment of deployments) {
    const role = roleOf(deployment);
    const found = deploymentProblems(deployment, await ownSettingsOf(role));
    const { selector: selects, template } = deployment.spec;
    for (const [label, value] of Object.entries(selects.matchLabels)) {
      if (template.metadata.labels[label] !== value) found.push(`its pods lack the label ${label}=${value}`);
    }
    if (!budgets.includes(JSON.stringify(selects))) found.push('has no disruption budget');
    problems.push(...found.map((problem) => `${role}: ${problem}`));
  }
  return problems;
}

function roleOf(deployment: Deployment): string {
  const [, role = 'unknown'] = /^apps\/(\w+)\/main\.ts$/.exec(containerOf(deployment).command[1] ?? '') ?? [];
  return role;
}

function containerOf(deployment: Deployment) {
  return deployment.spec.template.spec.containers[0];
}

function deploymentProblems(deployment: Deployment, own: readonly RoleSetting[]): string[] {
  const { env, startupProbe, livenessProbe, readinessProbe } = containerOf(deployment);
  const pod = deployment.spec.template.spec;
  const problems: string[] = [];
  const files = pod.volumes.flatMap(({ projected }) =>
    (projected?.sources ?? []).flatMap(({ secret }) => secret.items.map(({ path }) => path)),
  );
  const secretsOfAll = new Set(['KAFKA_SASL_PASSWORD', 'SCHEMA_REGISTRY_URL']);
  const secretsOfRole = new Set(own.flatMap((setting) => (setting.isSecret ? [setting.variable] : [])));
  for (const file of files) {
    if (!secretsOfRole.has(file) && !secretsOfAll.has(file)) problems.push(`is given ${file}, which it does not read`);
    if (!env.some(({ name }) => name === `${file}_FILE`)) problems.push(`is not pointed to ${file}`);
  }
  for (const { variable: needed, isRequired, isSecret } of own) {
    if (isRequired && isSecret && !files.includes(needed)) problems.push(`lacks ${needed}`);
  }
  for (const { name, value } of env) {
    if (secretsOfRole.has(name)) problems.push(`has the secret ${name} in its environment`);
    if (/^\d(\.\d+)?e\+\d+$/.test(value)) problems.push(`${name} is written as ${value}`);
  }
  const settingIn = (wanted: string) => env.find(({ name }) => name === wanted)?.value;
  if (settingIn('KAFKA_BROKERS') === undefined) problems.push('lacks KAFKA_BROKERS');
  if (pod.terminationGracePeriodSeconds * 1000 <= Number(settingIn('SHUTDOWN_TIMEOUT_MS') ?? 15_000)) {
    problems.push('would be killed before SHUTDOWN_TIMEOUT_MS is over');
  }
  const paths = [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path);
  if (paths.join() !== '/healthz,/healthz,/readyz') problems.push(`is probed at ${paths.join(', ')}`);
  return problems;
}
