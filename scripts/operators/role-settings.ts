import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { settingOf, variableOf } from '@tailrace/config/environment.ts';
import { ZodDefault, ZodObject, ZodOptional } from 'zod';

const apps = join(import.meta.dirname, '../../apps');

/** The apps that are roles: they run alone by a main.ts and are started by a start.ts. The simulator stands for clouds. */
export const roleNames: readonly string[] = readdirSync(apps)
  .filter((app) => app !== 'cloud-simulator' && existsSync(join(apps, app, 'start.ts')))
  .sort();

/** A setting as those who run a role see it. */
export interface RoleSetting {
  readonly variable: string;
  readonly description: string;
  /** In words, with its unit. */
  readonly accepts: string;
  readonly isSecret: boolean;
  readonly isRequired: boolean;
  readonly limits?: { readonly min: number; readonly max: number } | undefined;
  readonly choices?: readonly string[] | undefined;
}

/** @throws Error for a field that libs/config/setting.ts has not made. */
export function settingsOf(settings: ZodObject): readonly RoleSetting[] {
  return Object.entries(settings.shape).map(([key, type]) => {
    const setting = settingOf(type);
    if (setting === undefined) throw new Error(`the setting ${key} is not made by libs/config/setting.ts`);
    return {
      variable: variableOf(key),
      description: setting.description,
      accepts: [setting.accepts, setting.unit].filter((part) => part !== undefined).join(' '),
      isSecret: setting.secret === true,
      isRequired: !(type instanceof ZodOptional) && !(type instanceof ZodDefault),
      limits: setting.limits,
      choices: setting.choices,
    };
  });
}

/** What a role reads besides what every process does. @throws Error when its config.ts exports no settings. */
export async function ownSettingsOf(role: string): Promise<readonly RoleSetting[]> {
  const module: { settings?: unknown } = await import(pathToFileURL(join(apps, role, 'config.ts')).href);
  if (!(module.settings instanceof ZodObject)) throw new Error(`${role} exports no settings`);
  return settingsOf(module.settings);
}
