/**
 * Between the bare names that Tailrace's code uses and the names in Kafka: topics, groups and transactional ids all
 * carry the installation's prefix. The only place that knows of it; drivers ask here.
 */
export interface Naming {
  full(bare: string): string;
  /** @returns undefined for a name of another installation. */
  bare(full: string): string | undefined;
}

export function naming(prefix: string): Naming {
  return {
    full: (bare) => prefix + bare,
    bare: (full) => (full.startsWith(prefix) ? full.slice(prefix.length) : undefined),
  };
}
