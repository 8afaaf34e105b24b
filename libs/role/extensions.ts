import type { RuleKind } from '@tailrace/alert-rules/rule-kind.ts';
import type { ChannelKind } from '@tailrace/channels/channel.ts';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Connector } from '@tailrace/ingestion/contract/configure.ts';
import type { AnchoredParser } from '@tailrace/normalise/parsers/text-parser.ts';
import { type Provider, providerSymbols } from '@tailrace/schemas/generated/provider.ts';

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

/**
 * The connectors of every cloud, and those that the installation brings in their place.
 * @throws TailraceError for a provider that the schemas lack: no topic is there for its events.
 */
export function extendedConnectors(
  builtIn: ReadonlyMap<Provider, Connector>,
  extensions: Extensions | undefined,
): ReadonlyMap<Provider, Connector> {
  const known: ReadonlySet<string> = new Set(providerSymbols);
  const unknown = extensions?.connectors?.find(({ provider }) => !known.has(provider));
  if (unknown === undefined) return extended(builtIn, extensions?.connectors, ({ provider }) => provider);
  throw new TailraceError(`there is no provider ${unknown.provider}: there are ${providerSymbols.join(', ')}`, {
    code: 'role.unknown_provider',
    remedy: 'give-up',
    help: 'Give the connector the provider that it stands in for, or add a cloud: docs/contributing/add-a-connector.md.',
  });
}
