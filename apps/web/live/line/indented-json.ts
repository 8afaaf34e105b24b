/** Where the browser has it: a number keeps the digits it was written with. */
const { rawJSON } = JSON as { readonly rawJSON?: (text: string) => unknown };

/** JSON is laid out for reading, its numbers as they were written; anything else stays as it came. */
export function indentedJson(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text, asWritten), undefined, 2);
  } catch {
    return text;
  }
}

function asWritten(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' && rawJSON && context?.source !== undefined ? rawJSON(context.source) : value;
}
