import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Problem } from '@tailrace/http/problem.ts';
import type { IdPrefix } from '@tailrace/log-record/id-prefixes.ts';
import { type ChangeRequest, existing, visible } from './change-request.ts';
import { requireMatch } from './entity-tag.ts';
import type { ProjectResource, ProjectTable } from './project-table.ts';
import type { TableWriter } from './table-writer.ts';

export interface ProjectResourcesOptions<Value extends ProjectResource> {
  readonly table: ProjectTable<Value>;
  readonly writer: TableWriter<Value>;
  /** What ids begin with, and what people call several of them. */
  readonly idPrefix: IdPrefix;
  readonly plural: string;
  readonly maxPerProject: number;
}

/** What every new resource has. */
interface Beginning {
  readonly id: string;
  readonly project_id: string;
  readonly version: number;
  readonly created_at: number;
  readonly updated_at: number;
}

/**
 * The resources of projects as their people change them: one after the other, each change on the version its author saw.
 * Every method throws Problem: 404 unknown or of a project that is not the caller's, 412 changed meanwhile.
 */
export class ProjectResources<Value extends ProjectResource> {
  readonly #options: ProjectResourcesOptions<Value>;
  /** What is being created, by project: the table has it a little later. */
  readonly #creating = new Map<string, number>();

  constructor(options: ProjectResourcesOptions<Value>) {
    this.#options = options;
  }

  get({ id, projects }: ChangeRequest): Value {
    return visible(this.#options.table.table.get(id), projects);
  }

  list(projectId: string): readonly Value[] {
    return this.#options.table.ofProject(projectId);
  }

  /** @throws Problem 422 when the project has as many as it may. */
  async create(projectId: string, complete: (beginning: Beginning) => Value | Promise<Value>): Promise<Value> {
    const { writer, idPrefix, plural, maxPerProject } = this.#options;
    const creating = this.#creating.get(projectId) ?? 0;
    if (this.list(projectId).length + creating >= maxPerProject) {
      throw new Problem(422, { detail: `The project has ${maxPerProject} ${plural}, the most a project may have.` });
    }
    this.#creating.set(projectId, creating + 1);
    try {
      const id = randomId(idPrefix);
      const now = nowMicros();
      const created = await complete({ id, project_id: projectId, version: 1, created_at: now, updated_at: now });
      return existing(await writer.change(id, () => created));
    } finally {
      const left = (this.#creating.get(projectId) ?? 1) - 1;
      if (left === 0) this.#creating.delete(projectId);
      else this.#creating.set(projectId, left);
    }
  }

  /** @param next what it is to become; the same as it is changes nothing, not even the version. */
  async change(request: ChangeRequest, next: (current: Value) => Value | Promise<Value>): Promise<Value> {
    const { id, projects, ifMatch } = request;
    this.get(request);
    return existing(
      await this.#options.writer.change(id, async (newest) => {
        const current = visible(newest, projects);
        requireMatch(ifMatch, current.version);
        const changed = await next(current);
        if (isDeepStrictEqual({ ...changed }, { ...current })) return current;
        return { ...changed, version: current.version + 1, updated_at: nowMicros() };
      }),
    );
  }

  /** @param allow throws what keeps it from being deleted. */
  async delete(request: ChangeRequest, allow: (current: Value) => void = () => undefined): Promise<void> {
    const { id, projects, ifMatch } = request;
    this.get(request);
    await this.#options.writer.change(id, (newest) => {
      const current = visible(newest, projects);
      requireMatch(ifMatch, current.version);
      allow(current);
      return undefined;
    });
  }
}

/** An id that nobody can guess. */
export function randomId(prefix: IdPrefix): string {
  return `${prefix}${randomBytes(12).toString('hex')}`;
}

function nowMicros(): number {
  return Date.now() * 1000;
}
