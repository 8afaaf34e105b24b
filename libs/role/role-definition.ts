import { type Environment, loadSettings } from '@tailrace/config/environment.ts';
import type { output, ZodObject } from 'zod';
import type { HttpRoleDeps, RunningRole } from './role.ts';

/** A role ready to be run: its name, and its settings tied to what starts with them. Made by `role`. */
export interface RoleDefinition {
  readonly name: string;
  /** Reads the role's settings. @throws SettingsError naming each bad variable. */
  configure(env: Environment): (deps: HttpRoleDeps) => Promise<RunningRole>;
}

/**
 * Ties a role's `start` to the settings it takes: `role('sink', settings, start)`. A `start` that rejects leaves nothing
 * behind: it is tried again when the error says that this may help.
 */
export function role<Settings extends ZodObject>(
  name: string,
  settings: Settings,
  start: (config: output<Settings>, deps: HttpRoleDeps) => Promise<RunningRole>,
): RoleDefinition {
  return {
    name,
    configure(env) {
      const config = loadSettings(settings, env);
      return (deps) => start(config, deps);
    },
  };
}
