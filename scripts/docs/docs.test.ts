import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startTestApi } from '../../apps/api/test-api.ts';
import { commandNameProblem, commandProblem } from './commands.ts';
import { environmentVariables, metricNames, readSources } from './names.ts';
import { type Page, pageOf, readPages, root } from './pages.ts';

const pages = readPages();
const byPath = new Map(pages.map((page) => [page.path, page]));
const sources = readSources();

/** Problems of every page, each with the page it is on. */
function problemsOf(look: (page: Page) => readonly (string | undefined)[]): string[] {
  return pages.flatMap((page) =>
    look(page).flatMap((problem) => (problem === undefined ? [] : [`${page.path}: ${problem}`])),
  );
}

describe('the documentation', () => {
  test('has the pages that people look for', () => {
    for (const path of ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'docs/getting-started.md']) {
      expect(byPath.has(path), path).toBe(true);
    }
  });

  test('has a README of at most 8 KB', () => {
    expect(statSync(join(root, 'README.md')).size).toBeLessThanOrEqual(8 * 1024);
  });

  test('links only to files and headings that exist', () => {
    expect(problemsOf(({ path, links }) => links.map((link) => linkProblem(path, link)))).toEqual([]);
  });

  test('can be reached from the README, every page of it', () => {
    const reached = new Set(['README.md']);
    for (const path of reached) {
      for (const link of byPath.get(path)?.links ?? []) {
        const target = normalize(join(dirname(path), link.replace(/#.*$/, '')));
        if (byPath.has(target)) reached.add(target);
      }
    }
    expect(pages.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
  });

  test('names only paths of the repository that exist', () => {
    expect(problemsOf(({ spans }) => spans.map(pathProblem))).toEqual([]);
  });

  test('shows only commands that would run', () => {
    expect(problemsOf(({ commands }) => commands.map(commandProblem))).toEqual([]);
    const inSentences = problemsOf(({ spans }) =>
      spans.map((span) => {
        if (/^(npx )?tailrace( |$)/.test(span) && !span.includes('<')) return commandNameProblem(span);
        return /^([A-Z_]+=\S+ )*npm (run|test|start)/.test(span) && !span.includes('<')
          ? commandProblem(span)
          : undefined;
      }),
    );
    expect(inSentences).toEqual([]);
  });

  test('names only environment variables that something reads', async () => {
    const known = await environmentVariables(sources);
    const named = ({ spans, commands }: Page) => [
      ...spans.flatMap((span) => /^([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=.*)?$/.exec(span)?.[1] ?? []),
      ...commands.flatMap((command) =>
        [...command.matchAll(/(?:^|\s)([A-Z][A-Z0-9_]+)=/g)].map(([, name = '']) => name),
      ),
    ];
    const own = new Set(['TOKEN']);
    expect(
      problemsOf((page) =>
        named(page).map((name) => (known.has(name) || own.has(name) ? undefined : `${name} is read by nothing`)),
      ),
    ).toEqual([]);
  });

  test('names only metrics that the code registers, and docs/operations/metrics.md all of them', () => {
    const known = metricNames(sources);
    const files = globSync('docs/**/*.{md,yml,json}', { cwd: root });
    const wrong = files.flatMap((path) =>
      [...readFileSync(join(root, path), 'utf8').matchAll(/\btailrace_[a-z0-9_]+/g)]
        .map(([name]) => name)
        .filter((name) => !name.startsWith('tailrace_session') && !known.has(name.replace(/_(bucket|count|sum)$/, '')))
        .map((name) => `${path}: ${name} is registered by nothing`),
    );
    expect(wrong).toEqual([]);
    const spans = new Set(byPath.get('docs/operations/metrics.md')?.spans);
    expect([...known].filter((name) => !spans.has(name))).toEqual([]);
  });

  test('names only routes of the API, and docs/api.md all of them', async () => {
    const served = await servedRoutes();
    const named = problemsOf(({ spans }) =>
      spans.map((span) => {
        const [, method, path] = /^(GET|POST|PUT|DELETE) \/?(?:api\/v1\/live-logs\/)?([a-z{].*)$/.exec(span) ?? [];
        if (method === undefined || path === undefined) return undefined;
        return served.has(`${method} ${withoutNames(path)}`) ? undefined : `${span} is no route`;
      }),
    );
    expect(named).toEqual([]);
    const listed = new Set(routesOfTable(byPath.get('docs/api.md')?.text ?? ''));
    expect([...served].filter((route) => !listed.has(route))).toEqual([]);
  });

  test('is cited by comments only where it exists', () => {
    const cited = sources
      .filter(({ path }) => !path.startsWith('scripts/docs'))
      .flatMap(({ path, text }) =>
        commentsOf(text).flatMap((comment) =>
          [
            ...[...comment.matchAll(/(?<![\w/.-])[\w./-]+\.md\b/g)]
              .map(([page]) => page)
              .filter((page) => !existsSync(join(root, page)) && !existsSync(join(root, dirname(path), page))),
            ...[...comment.matchAll(/\bDESIGN\b|\breference\/\w+/g)].map(([page]) => page),
          ].map((page) => `${path} cites ${page}`),
        ),
      );
    expect(cited).toEqual([]);
  });
});

describe('the alert rules for Prometheus and the dashboard', () => {
  const operations = join(root, 'docs', 'operations');

  test('are files that Prometheus and Grafana take: every rule has what a rule needs, every panel a query', () => {
    const { groups } = parse(readFileSync(join(operations, 'prometheus-rules.yml'), 'utf8'));
    const rules = groups.flatMap((group: { rules: object[] }) => group.rules);
    expect(rules.length).toBeGreaterThan(10);
    for (const rule of rules) {
      expect(rule).toMatchObject({
        alert: expect.any(String),
        expr: expect.any(String),
        labels: { severity: expect.any(String) },
      });
    }
    const dashboard = JSON.parse(readFileSync(join(operations, 'grafana-dashboard.json'), 'utf8'));
    expect(new Set(dashboard.panels.map(({ id }: { id: number }) => id)).size).toBe(dashboard.panels.length);
    for (const panel of dashboard.panels) expect(panel.targets[0].expr, panel.title).toMatch(/\w/);
  });
});

describe('the checks of the documentation', () => {
  const page = pageOf(
    'docs/x.md',
    '# A title: *x*\n\nSee [it](y.md#z) and `libs/no/such.ts`.\n\n```sh\nnpm run nothing # why\nnpx tailrace tail --project demo --lewel warn\n```\n',
  );

  test('find a wrong link, path, script, option and command', () => {
    expect(page.anchors).toEqual(new Set(['a-title-x']));
    expect(page.links.map((link) => linkProblem('docs/x.md', link))).toEqual(['y.md#z: there is no docs/y.md']);
    expect(page.spans.map(pathProblem)).toEqual(['libs/no/such.ts does not exist']);
    expect(page.commands.map(commandProblem)).toEqual([
      'package.json has no script nothing',
      expect.stringContaining("unknown option '--lewel'"),
    ]);
    expect(commandProblem('npx tailrace tail --project demo --level loud')).toContain('loud');
    expect(commandProblem('npx tailrace tail')).toContain('--project');
    expect(commandNameProblem('tailrace rules burn')).toContain('burn');
    expect(commandProblem('npm run test:int -- libs/normalise')).toContain('no test of int');
    expect(linkProblem('README.md', 'docs/concepts.md#nowhere')).toBe(
      'docs/concepts.md#nowhere: there is no such heading',
    );
  });

  test('take what is right', () => {
    expect(commandProblem('npx tailrace tail --project demo --level error | grep x')).toBeUndefined();
    expect(commandProblem('TOKEN=$(npx tailrace token --project demo)')).toBeUndefined();
    expect(commandProblem('npm run test:int -- apps/sink/sink.int.test.ts')).toBeUndefined();
  });
});

function linkProblem(from: string, link: string): string | undefined {
  if (/^(https?:|mailto:)/.test(link)) return undefined;
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? from : normalize(join(dirname(from), file));
  if (!existsSync(join(root, target))) return `${link}: there is no ${target}`;
  if (anchor === undefined) return undefined;
  return byPath.get(target)?.anchors.has(anchor) ? undefined : `${link}: there is no such heading`;
}

/** What looks like a path from the root, up to the first part that a reader is to fill in. */
function pathProblem(span: string): string | undefined {
  if (!/^(apps|libs|schemas|scripts|docs|\.config|\.ci)\/[^\s]*$/.test(span)) return undefined;
  const fixed = span.replace(/[^/]*[<…].*$/, '');
  const exists = fixed.includes('*') ? globSync(fixed, { cwd: root }).length > 0 : existsSync(join(root, fixed));
  return exists ? undefined : `${span} does not exist`;
}

async function servedRoutes(): Promise<ReadonlySet<string>> {
  const api = await startTestApi();
  try {
    const document = (await (await fetch(`${api.base}/openapi.json`)).json()) as { paths: Record<string, object> };
    const prefix = '/api/v1/live-logs/';
    return new Set(
      Object.entries(document.paths).flatMap(([path, methods]) =>
        path.startsWith(prefix)
          ? Object.keys(methods).map((method) => `${method.toUpperCase()} ${withoutNames(path.slice(prefix.length))}`)
          : [],
      ),
    );
  } finally {
    await api.close();
  }
}

function withoutNames(path: string): string {
  return path.replaceAll(/\{[^}]*\}/g, '{}');
}

/** Routes of the table: `POST a/{id}/x`, `/y` is two of them, and so is `PUT`, `DELETE a/{id}`. */
function routesOfTable(text: string): string[] {
  const routes: string[] = [];
  for (const [, cell = ''] of text.matchAll(/^\| (`[A-Z].*?) \|/gm)) {
    let methods: string[] = [];
    let last = '';
    for (const [, span = ''] of cell.matchAll(/`([^`]+)`/g)) {
      const [, method, path] = /^([A-Z]+)(?: (.+))?$/.exec(span) ?? [];
      if (method === undefined) last = last.replace(/\/[^/]*$/, span);
      else if (path === undefined) methods.push(method);
      else {
        last = path;
        routes.push(...methods.map((each) => `${each} ${withoutNames(path)}`));
        methods = [];
      }
      if (method === undefined) routes.push(`POST ${withoutNames(last)}`);
      else if (path !== undefined) routes.push(`${method} ${withoutNames(path)}`);
    }
  }
  return routes;
}

function commentsOf(text: string): string[] {
  return [...text.matchAll(/\/\*[\s\S]*?\*\/|(?<!:)\/\/[^\n]*/g)].map(([comment]) =>
    comment.replaceAll(/https?:\S+/g, ''),
  );
}
