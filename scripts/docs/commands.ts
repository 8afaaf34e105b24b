import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram } from '@tailrace/cli/program.ts';
import { readOptions } from '../start/options.ts';
import { root } from './pages.ts';

type Command = ReturnType<typeof createProgram>;

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
/** Programs of other people, which pages may use. */
const foreign = new Set(['curl', 'docker', 'printf', 'openssl', 'tr', 'helm', 'kubectl']);
const projects = ['unit', 'int', 'page', 'e2e'];

/**
 * Why a command that a page shows would not run here; undefined when it would, as far as that shows without running it:
 * its script, path, options and choices exist. What it names (projects, files, rules) may be anything.
 */
export function commandProblem(command: string): string | undefined {
  const inner = /\$\(([^()]*)\)/.exec(command);
  if (inner?.[1] !== undefined && !inner[1].includes('|')) {
    const problem = commandProblem(inner[1]);
    if (problem !== undefined) return problem;
  }
  const words = wordsOf(command.replaceAll(/\$\([^()]*\)/g, 'X'));
  while (/^[A-Z][A-Z0-9_]*=/.test(words[0] ?? '')) words.shift();
  const [program, ...args] = words;
  if (program === undefined || foreign.has(program)) return insideContainer(args);
  if (program === 'npm') return npmProblem(args);
  if (program === 'node') return nodeProblem(args);
  if (program === 'npx' && args[0] === 'tailrace') return tailraceProblem(args.slice(1));
  if (program === 'tailrace') return tailraceProblem(args);
  return `${program} is not a program that pages use`;
}

/** The rest of a pipeline is other people's. */
function wordsOf(command: string): string[] {
  const [first = ''] = command.split(/\s[|]\s|\s&&\s|\s>\s/);
  return [...first.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([word, single, double]) => single ?? double ?? word);
}

function insideContainer(args: readonly string[]): string | undefined {
  const at = args.indexOf('node');
  return args[0] === 'compose' && at > 0 ? nodeProblem(args.slice(at + 1)) : undefined;
}

function nodeProblem([path = '', ...args]: readonly string[]): string | undefined {
  if (!existsSync(join(root, path))) return `${path} does not exist`;
  return path === 'apps/cli/main.ts' ? tailraceProblem(args) : undefined;
}

function npmProblem([verb = '', ...args]: readonly string[]): string | undefined {
  const name = verb === 'run' ? (args[0] ?? '') : verb;
  if (verb === 'install' || verb === 'ci') return undefined;
  if (scripts[name] === undefined) return `package.json has no script ${name}`;
  const given = args.slice(args.indexOf('--') + 1 || args.length);
  if (name === 'start' || name === 'dev') return startProblem(given);
  if (name.startsWith('test')) return testsProblem([...wordsOf(scripts[name]), ...given]);
  return given.length === 0 ? undefined : `npm run ${name} takes no arguments`;
}

function startProblem(args: readonly string[]): string | undefined {
  try {
    readOptions(args, {});
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** Whether there are tests under each path, of the projects that are named. */
function testsProblem(words: readonly string[]): string | undefined {
  const named = words.flatMap((word, index) => (words[index - 1] === '--project' ? [word] : []));
  const wrong = named.find((project) => !projects.includes(project));
  if (wrong !== undefined) return `there is no project ${wrong} of tests`;
  const paths = words.filter(
    (word) => /^(apps|libs|schemas|scripts)\/[^<]*$/.test(word) && !word.endsWith('test.ts.ts'),
  );
  const files = globSync('{apps,libs,schemas,scripts}/**/*.test.ts', {
    cwd: root,
    exclude: (name) => name === 'node_modules',
  });
  const wanted = paths.filter((path) => path !== 'scripts/test.ts');
  return wanted
    .filter((path) => !files.some((file) => file.includes(path) && named.some((project) => isOf(file, project))))
    .map((path) => `${path} holds no test of ${named.join(', ')}`)
    .at(0);
}

function isOf(file: string, project: string): boolean {
  if (file.endsWith('.int.test.ts')) return project === 'int';
  if (file.endsWith('.e2e.test.ts')) return project === (/^apps\/web\/|^scripts\/start\./.test(file) ? 'page' : 'e2e');
  return project === 'unit';
}

/** Parses the words as `tailrace` would, and runs nothing. */
function tailraceProblem(args: readonly string[]): string | undefined {
  const program = createProgram({ env: {}, directory: '/' });
  quiet(program);
  try {
    program.parse([...args], { from: 'user' });
    return undefined;
  } catch (error) {
    return error instanceof Error ? `tailrace ${args.join(' ')}: ${error.message}` : String(error);
  }
}

function quiet(command: Command): void {
  command.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  if (command.commands.length === 0) command.action(() => undefined);
  for (const each of command.commands) quiet(each as Command);
}

/** Why the words of `tailrace …` within a sentence name no command, whatever arguments they leave out. */
export function commandNameProblem(text: string): string | undefined {
  let command = createProgram({ env: {}, directory: '/' });
  for (const word of wordsOf(text.replace(/^(npx )?tailrace/, ''))) {
    if (word.startsWith('-')) {
      const isKnown = command.options.some(({ long, short }) => long === word || short === word) || word === '--help';
      if (!isKnown) return `${text}: ${command.name()} has no option ${word}`;
      continue;
    }
    if (!/^[a-z][a-z-]*$/.test(word) || command.commands.length === 0) continue;
    const next = command.commands.find((each) => each.name() === word);
    if (next === undefined) return `${text}: there is no command ${word}`;
    command = next as Command;
  }
  return undefined;
}
