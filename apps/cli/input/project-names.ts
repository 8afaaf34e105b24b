import { listed } from '@tailrace/http/client/one-or-list.ts';
import { ApiClient } from '../api-client.ts';
import type { CliContext } from '../cli-context.ts';
import { CliError, exitCodes } from '../cli-error.ts';
import { visible, warn } from '../output/terminal.ts';
import { didYouMean } from './near-matches.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}

interface ProjectPath {
  readonly id: string;
}

const lists = {
  connection: async (api: ApiClient, path: ProjectPath): Promise<readonly Named[]> => {
    const { connections } = listed(await api.call('GET connections/{id}', { path }), 'connections');
    return connections.map(({ id, connection_name: name }) => ({ id, name }));
  },
  rule: async (api: ApiClient, path: ProjectPath): Promise<readonly Named[]> =>
    listed(await api.call('GET alert-rules/{id}', { path }), 'rules').rules,
  channel: async (api: ApiClient, path: ProjectPath): Promise<readonly Named[]> => {
    const { channels } = listed(await api.call('GET channels/{id}', { path }), 'channels');
    return channels.map(({ id, channel_name: name }) => ({ id, name }));
  },
} as const;

type Kind = keyof typeof lists;

/** What the resources of a project are called, for people who know them by name. Each list is asked for once. */
export class ProjectNames {
  readonly #api: ApiClient;
  readonly #project: string;
  readonly #lists = new Map<Kind, Promise<readonly Named[]>>();

  constructor(context: CliContext, project: string) {
    this.#api = new ApiClient(context, project);
    this.#project = project;
  }

  /**
   * The id of what is called so, by id or by name, whatever its case.
   * @throws CliError that names what is near when nothing is called so, and the ids when several are.
   */
  async idOf(kind: Kind, text: string): Promise<string> {
    const all = await this.#all(kind);
    if (all.some(({ id }) => id === text)) return text;
    const exact = all.filter(({ name }) => name === text);
    const called = exact.length > 0 ? exact : all.filter(({ name }) => name.toLowerCase() === text.toLowerCase());
    if (called.length === 1) return called[0]!.id;
    if (called.length > 1) {
      const ids = called.map(({ id }) => id).join(', ');
      throw new CliError(
        `several ${kind}s are called ${visible(text)}`,
        exitCodes.usage,
        `Name one by its id: ${ids}.`,
      );
    }
    const what = `project ${visible(this.#project)} has no ${kind} ${visible(text)}`;
    const near = didYouMean(
      text,
      all.flatMap(({ id, name }) => (text.startsWith(id.slice(0, 5)) ? [id, name] : [name])),
    );
    throw new CliError(what, exitCodes.usage, near === '' ? this.#whatThereIs(kind, all) : near.trimEnd());
  }

  /** What each is called, by id. */
  async all(kind: Kind): Promise<ReadonlyMap<string, string>> {
    return new Map((await this.#all(kind)).map(({ id, name }) => [id, name]));
  }

  /**
   * Warns when the project has nothing at all: no connection, no rule, no stored line. Projects are what tokens name, and
   * nothing keeps a list of them, so a misspelt one cannot be distinguished from a new one. Says nothing where that cannot be known.
   */
  async warnIfEmpty(): Promise<void> {
    try {
      const [connections, rules] = await Promise.all([this.#all('connection'), this.#all('rule')]);
      if (connections.length > 0 || rules.length > 0) return;
      const { logs } = await this.#api.call('GET stream/{project_id}', {
        path: { project_id: this.#project },
        query: { from: '-1d', limit: 1 },
      });
      if (logs.length > 0) return;
    } catch {
      return;
    }
    warn(
      `project ${visible(this.#project)} has no connection, no rule and no line of the last day: is it spelt right?`,
    );
  }

  #all(kind: Kind): Promise<readonly Named[]> {
    const known = this.#lists.get(kind);
    if (known) return known;
    const asked = lists[kind](this.#api, { id: this.#project });
    this.#lists.set(kind, asked);
    return asked;
  }

  #whatThereIs(kind: Kind, all: readonly Named[]): string {
    if (all.length === 0) return `It has no ${kind}s at all.`;
    const shown = all.slice(0, 10).map(({ name }) => visible(name));
    return `It has ${shown.join(', ')}${all.length > shown.length ? ` and ${all.length - shown.length} more` : ''}.`;
  }
}
