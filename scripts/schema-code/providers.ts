/**
 * A schema's text with the symbols of its enum `Provider`: those that it has, in their order, then those of further clouds.
 * A symbol stays though its cloud is gone, for as long as there are bytes with it.
 */
export function withProviders(text: string, providers: readonly string[]): string {
  return text.replaceAll(/("name": "Provider", "symbols": )(\[[^\]]*\])/g, (_, before: string, list: string) => {
    const symbols = [...new Set([...list.matchAll(/"([^"]+)"/g)].map(([, symbol]) => symbol)), ...providers];
    return `${before}[${[...new Set(symbols)].map((symbol) => JSON.stringify(symbol)).join(', ')}]`;
  });
}
