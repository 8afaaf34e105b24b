/**
 * What the ids of our own resources begin with. A path of the API takes such an id or a project's in the same place, and
 * goes by the beginning: so no project's id may begin with any of these.
 */
export const idPrefixes = {
  connection: 'conn_',
  channel: 'chan_',
  rule: 'rule_',
  alert: 'alert_',
  replay: 'rpl_',
  notification: 'ntf_',
  rewind: 'rwd_',
} as const;

export type IdPrefix = (typeof idPrefixes)[keyof typeof idPrefixes];

/** Whether an id is of that kind of resource. */
export function isIdOf(kind: keyof typeof idPrefixes, id: string): boolean {
  return id.startsWith(idPrefixes[kind]);
}

/** The prefix of ours that an id begins with; undefined for one that may be a project's. */
export function ownPrefixOf(id: string): IdPrefix | undefined {
  return Object.values(idPrefixes).find((prefix) => id.startsWith(prefix));
}
