/**
 * Whether a column pattern of KQL, in which `*` stands for any text, matches a name. Each part between stars is looked
 * for once, at the first place it can have, so the time is linear however many stars there are.
 */
export function matchesColumn(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
