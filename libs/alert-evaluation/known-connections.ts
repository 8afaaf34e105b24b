/** A connection as people know it. */
export interface KnownConnection {
  readonly project_id: string;
  readonly name: string;
  /** Microseconds since the epoch. */
  readonly created_at: number;
}

/** The connections that there are, by id. One that is missing was deleted. */
export interface KnownConnections {
  get(id: string): KnownConnection | undefined;
  values(): Iterable<KnownConnection>;
}
