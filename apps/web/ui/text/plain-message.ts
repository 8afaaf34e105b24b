/** What a schema's check says, as a form says it. The API's own messages are plain already and stay. */
const rewritten: readonly (readonly [pattern: RegExp, words: (found: RegExpExecArray) => string])[] = [
  [/^Too small: expected string to have >=1 characters?/, () => 'is required'],
  [/^Invalid input: expected \S+, received undefined/, () => 'is required'],
  [/^Invalid input: expected (?:number|int), received (?:NaN|null|string)/, () => 'must be a number'],
  [/^Invalid input: expected int/, () => 'must be a whole number'],
  [/^Too small: expected array to have >=1 items?/, () => 'needs at least one'],
  [/^Too (small|big): expected (\w+) to (?:have|be) ([<>]=?)\s*(\S+?)( characters?| items?)?$/, sizeWords],
  [
    /^Invalid option: expected one of (.+)$/,
    ([, options = '']) => `must be one of ${options.replaceAll('"', '').replaceAll('|', ', ')}`,
  ],
  [
    /^Invalid input: expected (\w+), received (\w+)/,
    ([, expected = '', received = '']) =>
      `must be ${kindWords[expected] ?? expected}, not ${kindWords[received] ?? received}`,
  ],
  [/^Invalid URL/, () => 'must be an address such as https://example.com'],
  [/^Invalid email address/, () => 'must be an e-mail address'],
  [/^Invalid (?:string|regex|input)\b/, () => 'is not of the right form'],
  [/^Unrecognized keys?: (.+)$/, ([, names = '']) => `holds what is not known here: ${names.replaceAll('"', '')}`],
];

const kindWords: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'yes or no',
  array: 'a list',
  object: 'a JSON object',
  record: 'a JSON object',
  null: 'nothing',
};

function sizeWords([, size, kind, sign, limit = '', unit = '']: RegExpExecArray): string {
  const bound = size === 'small' ? (sign === '>' ? 'more than' : 'at least') : sign === '<' ? 'less than' : 'at most';
  const of = kind === 'string' ? unit || ' characters' : unit;
  return kind === 'string' || kind === 'array' ? `must have ${bound} ${limit}${of}` : `must be ${bound} ${limit}`;
}

/** A message about a field in plain words, to be read after the field's name. */
export function plainMessage(message: string): string {
  for (const [pattern, wordsOf] of rewritten) {
    const found = pattern.exec(message);
    if (found !== null) return wordsOf(found);
  }
  return message;
}
