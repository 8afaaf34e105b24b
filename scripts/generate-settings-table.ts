import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { settingOf, variableOf } from '@tailrace/config/environment.ts';
import { commonSettings } from '@tailrace/role/start-roles.ts';
import { ZodDefault, ZodObject, ZodOptional } from 'zod';

/**
 * `node scripts/generate-settings-table.ts` writes the tables of all settings into docs/configuration.md, between its two
 * markers, from the settings of libs/role and of every app's config.ts.
 */
const root = join(import.meta.dirname, '..');
const page = join(root, 'docs', 'configuration.md');
const [begin, end] = ['<!-- settings -->', '<!-- /settings -->'];

const everyRoleReads = 'every role';

/** A setting as the page shows it. */
interface Row {
  readonly variable: string;
  readonly meaning: string;
  readonly accepts: string;
  readonly preset: string;
  readonly readBy: string[];
}

/** docs/configuration.md as it should be. @throws when its markers are missing. */
export async function configurationPage(): Promise<string> {
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/configuration.md lacks the markers ${begin} and ${end}`);
  const rows = await allSettings();
  const sections = [...new Set(rows.map(sectionOf))].map((section) =>
    sectionText(
      section,
      rows.filter((row) => sectionOf(row) === section),
    ),
  );
  return `${text.slice(0, from + begin.length)}\n\n${sections.join('\n\n')}\n\n${text.slice(to)}`;
}

/** Every setting, the common ones first, then those of several roles, then each role's own. */
export async function allSettings(): Promise<readonly Row[]> {
  const rows = new Map<string, Row>();
  collect(rows, everyRoleReads, commonSettings);
  for (const app of readdirSync(join(root, 'apps')).sort()) {
    const config = join(root, 'apps', app, 'config.ts');
    if (!existsSync(config)) continue;
    const module: { settings?: unknown } = await import(pathToFileURL(config).href);
    if (!(module.settings instanceof ZodObject)) throw new Error(`${config} exports no settings`);
    collect(rows, app, module.settings);
  }
  const all = [...rows.values()];
  return [everyRole, severalRoles, undefined].flatMap((wanted) =>
    all.filter((row) => {
      const section = sectionOf(row);
      return wanted === undefined ? section !== everyRole && section !== severalRoles : section === wanted;
    }),
  );
}

const everyRole = 'Every role';
const severalRoles = 'Shared by several roles';

function sectionOf({ readBy: [first = '', ...others] }: Row): string {
  if (others.length > 0) return severalRoles;
  return first === everyRoleReads ? everyRole : first;
}

function sectionText(section: string, rows: readonly Row[]): string {
  const isShared = section === severalRoles;
  return [
    `## ${section}`,
    '',
    `| variable | meaning | accepts | default |${isShared ? ' read by |' : ''}`,
    `|---|---|---|---|${isShared ? '---|' : ''}`,
    ...rows.map(
      ({ variable, meaning, accepts, preset, readBy }) =>
        `| \`${variable}\` | ${cell(meaning)} | ${cell(accepts)} | ${cell(preset)} |${isShared ? ` ${readBy.join(', ')} |` : ''}`,
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

if (import.meta.main) writeFileSync(page, await configurationPage());
