import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { settingOf, variableOf } from '@tailrace/config/environment.ts';
import { commonSettings } from '@tailrace/role/start-roles.ts';
import { ZodDefault, ZodObject, ZodOptional } from 'zod';

/**
 * `node scripts/generate-settings-table.ts` writes the table of all settings into README.md, between its two markers,
 * from the settings of libs/role and of every app's config.ts.
 */
const root = join(import.meta.dirname, '..');
const readme = join(root, 'README.md');
const [begin, end] = ['<!-- settings -->', '<!-- /settings -->'];

interface Row {
  readonly variable: string;
  readonly meaning: string;
  readonly accepts: string;
  readonly preset: string;
  readonly readBy: string[];
}

/** README.md as it should be. @throws when its markers are missing. */
export async function readmeWithSettings(): Promise<string> {
  const text = readFileSync(readme, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md lacks the markers ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n${await table()}\n${text.slice(to)}`;
}

async function table(): Promise<string> {
  const rows = new Map<string, Row>();
  collect(rows, 'every role', commonSettings);
  for (const app of readdirSync(join(root, 'apps')).sort()) {
    const config = join(root, 'apps', app, 'config.ts');
    if (!existsSync(config)) continue;
    const module: { settings?: unknown } = await import(pathToFileURL(config).href);
    if (!(module.settings instanceof ZodObject)) throw new Error(`${config} exports no settings`);
    collect(rows, app, module.settings);
  }
  return [
    '| variable | meaning | accepts | default | read by |',
    '|---|---|---|---|---|',
    ...[...rows.values()].map(
      ({ variable, meaning, accepts, preset, readBy }) =>
        `| \`${variable}\` | ${cell(meaning)} | ${cell(accepts)} | ${cell(preset)} | ${readBy.join(', ')} |`,
    ),
  ].join('\n');
}

function collect(rows: Map<string, Row>, reader: string, settings: ZodObject): void {
  for (const [key, type] of Object.entries(settings.shape)) {
    const variable = variableOf(key);
    const known = rows.get(variable);
    if (known !== undefined) {
      known.readBy.push(reader);
      continue;
    }
    const setting = settingOf(type);
    if (setting === undefined) throw new Error(`the setting ${key} of ${reader} is not made by libs/config/setting.ts`);
    const { description, accepts, unit, secret } = setting;
    rows.set(variable, {
      variable,
      meaning: secret === true ? `${description} (secret)` : description,
      accepts: unit === undefined ? accepts : `${accepts} ${unit}`,
      preset: presetOf(type),
      readBy: [reader],
    });
  }
}

function presetOf(type: unknown): string {
  if (type instanceof ZodOptional) return '–';
  if (!(type instanceof ZodDefault)) return 'required';
  const value: unknown = type.def.defaultValue;
  const text = Array.isArray(value) ? value.join(',') : String(value);
  return text === '' ? 'empty' : `\`${text}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

if (import.meta.main) writeFileSync(readme, await readmeWithSettings());
