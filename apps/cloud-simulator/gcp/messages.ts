/** The requests and answers of LoggingServiceV2 in the object form that the proto loader gives and takes. */

export interface ListLogEntriesRequest {
  readonly resourceNames: readonly string[];
  readonly filter: string;
  readonly orderBy: string;
  readonly pageSize: number;
  readonly pageToken: string;
}

export interface ListLogEntriesResponse {
  readonly entries: readonly object[];
  readonly nextPageToken: string;
}

export interface TailLogEntriesRequest {
  readonly resourceNames: readonly string[];
  readonly filter: string;
  readonly bufferWindow?: { readonly seconds: string; readonly nanos: number } | null;
}

export interface TailLogEntriesResponse {
  readonly entries: readonly object[];
  readonly suppressionInfo: readonly {
    readonly reason: 'RATE_LIMIT' | 'NOT_CONSUMED';
    readonly suppressedCount: number;
  }[];
}
