import type { AnswerOf } from '@tailrace/http/client/api-calls.ts';
import type { LogFilter } from '@tailrace/http/contract/generated.ts';
import type { Api } from '../../api/http.ts';

export type StoredPage = AnswerOf<'GET stream/{project_id}'>;

/** Lines of one page. */
export const pageLines = 500;

export interface TimeRange {
  readonly from: string;
  readonly to: string;
}

/** The stored lines of one view, read page by page from where it begins: to older ones and to newer ones. */
export class StoredLines {
  readonly #api: Pick<Api, 'call'>;
  readonly #project: string;
  readonly #filter: string;
  #range: TimeRange;
  #older: string | undefined;
  #newer: string | undefined;

  constructor(api: Pick<Api, 'call'>, project: string, filter: LogFilter, range: TimeRange) {
    this.#api = api;
    this.#project = project;
    this.#filter = JSON.stringify(filter);
    this.#range = range;
  }

  /** The newest page of the range; from then on pages of another range go on from it. */
  async begin(next: TimeRange): Promise<StoredPage> {
    const page = await this.#page({});
    this.#range = next;
    this.#older = page.older ?? undefined;
    this.#newer = page.newer ?? undefined;
    return page;
  }

  async older(): Promise<StoredPage> {
    const page = await this.#page({ before: this.#older });
    this.#older = page.older ?? undefined;
    return page;
  }

  async newer(): Promise<StoredPage> {
    const page = await this.#page({ after: this.#newer });
    this.#newer = page.newer ?? this.#newer;
    return page;
  }

  #page(cursor: { readonly before?: string | undefined; readonly after?: string | undefined }): Promise<StoredPage> {
    return this.#api.call('GET stream/{project_id}', {
      path: { project_id: this.#project },
      query: { filter: this.#filter, ...this.#range, limit: pageLines, ...cursor },
    });
  }
}
