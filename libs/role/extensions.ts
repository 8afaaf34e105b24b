import type { RuleKind } from '@tailrace/alert-rules/rule-kind.ts';
import type { ChannelKind } from '@tailrace/channels/channel.ts';
import type { Connector } from '@tailrace/ingestion/contract/configure.ts';
import type { AnchoredParser } from '@tailrace/normalise/parsers/text-parser.ts';

/**
 * What an installation brings besides what Tailrace comes with. Every role of the installation, and its command line, is
 * given the same. What has the name of one of Tailrace's own takes its place.
 */
export interface Extensions {
  /** Kinds of sources, by `provider`. */
  readonly connectors?: readonly Connector[];
  /** Parsers of texts, tried before Tailrace's own. */
  readonly parsers?: readonly AnchoredParser[];
  /** Kinds of alert rules, by `type`. */
  readonly ruleKinds?: readonly RuleKind[];
  /** Kinds of channels, by `type`. */
  readonly channelKinds?: readonly ChannelKind[];
}

/** What Tailrace comes with, by name, and what the installation brings besides. */
export function extended<Name extends string, Kind>(
  builtIn: ReadonlyMap<Name, Kind>,
  own: readonly Kind[] | undefined,
  nameOf: (kind: Kind) => Name,
): ReadonlyMap<Name, Kind> {
  if (own === undefined) return builtIn;
  return new Map([...builtIn, ...own.map((kind) => [nameOf(kind), kind] as const)]);
}
