import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { ROOT } from './checks/run-tool.ts';
import { findGoTool } from './operators/go-tool.ts';
import { renderedProblems } from './operators/rendered-chart.ts';

/**
 * `npm run check:operators`: what operators install, checked by the tools that they use. Needs helm and promtool, or Go to
 * build them; the unit tests in scripts/operators check what can be checked without.
 */
const chart = 'docs/operations/helm/tailrace';
const rules = 'docs/operations/prometheus-rules.yml';
// The version that a cluster would say; none is asked.
const kubernetes = ['--kube-version', '1.34'];
const extras = [
  ...['--set-file', `prometheusRules=${rules}`],
  ...['--set-file', 'grafanaDashboard=docs/operations/grafana-dashboard.json'],
];
let failed = false;

try {
  const helm = findGoTool({ name: 'helm', module: 'helm.sh/helm/v3/cmd/helm@v3.22.0' });
  const promtool = findGoTool({
    name: 'promtool',
    module: 'github.com/prometheus/prometheus/cmd/promtool@v0.316.0',
  });
  for (const values of globSync(`${chart}/ci/*.yaml`, { cwd: ROOT }).sort()) {
    run(`helm lint with ${values}`, helm, ['lint', '--strict', '--quiet', chart, '--values', values, ...kubernetes]);
    const name = `helm template with ${values}`;
    const printed = run(name, helm, ['template', 'tailrace', chart, '--values', values, ...extras, ...kubernetes]);
    if (printed !== undefined) report(`the manifests of ${values}`, (await renderedProblems(printed)).join('\n'));
  }
  run('promtool check rules', promtool, ['check', 'rules', '--lint=all', '--lint-fatal', rules]);
  run('promtool test rules', promtool, ['test', 'rules', 'scripts/operators/prometheus-rules.test.yml']);
} catch (error) {
  report('tools', error instanceof Error ? error.message : String(error));
}
process.exitCode = failed ? 1 : 0;

/** What the program printed; undefined when it failed, which is reported. */
function run(name: string, program: string, args: readonly string[]): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8' });
  report(name, status === 0 ? '' : `${error?.message ?? ''}${stdout}${stderr}`);
  return status === 0 ? stdout : undefined;
}

function report(name: string, problem: string): void {
  console.log(problem === '' ? `✓ ${name}` : `✗ ${name}\n${problem}`);
  if (problem !== '') failed = true;
}
