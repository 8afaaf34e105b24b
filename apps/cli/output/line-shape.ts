const longest = 160;

/**
 * What a line looks like, whatever it says: its first line with numbers, ids and quoted texts left out, so that lines of
 * one statement of a program have one shape.
 */
export function lineShape(text: string): string {
  const end = text.indexOf('\n');
  const line = text.slice(0, Math.min(end < 0 ? text.length : end, 4 * longest));
  const shape = line
    .replaceAll(/"[^"]*"|'[^']*'/g, (quoted) => (quoted.length > 2 ? `${quoted[0]}…${quoted[0]}` : quoted))
    .replaceAll(/\d+(?:[.,:]\d+)+/g, '#')
    .replaceAll(/(?<![A-Za-z0-9])(?=[0-9a-fA-F-]*\d)[0-9a-fA-F]{2,}(?:-[0-9a-fA-F]+)*(?![A-Za-z0-9])/g, '#')
    .replaceAll(/\d+/g, '#')
    .trim();
  return shape.length > longest ? `${shape.slice(0, longest - 1)}…` : shape;
}
