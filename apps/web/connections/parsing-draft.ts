import type { ParsingRule } from '@tailrace/http/contract/generated.ts';
import type { FormLabels } from '../ui/form/form-problems.ts';

/** A rule as it is being written: what may be left out is empty. */
export interface RuleDraft {
  /** Identifies a rule while its name changes. */
  readonly key: number;
  readonly name: string;
  readonly pattern: string;
  readonly stream: string;
  readonly contains: string;
  readonly multiline: boolean;
  readonly timeGroup: string;
  readonly timeFormat: string;
  readonly timeZone: string;
  readonly levelGroup: string;
  /** `K=error, W=warn`. */
  readonly levelMap: string;
  readonly levelAlways: string;
  readonly message: string;
  /** `client=client.address`. */
  readonly attributes: string;
}

let lastKey = 0;

/** Another rule, with a name that none of the others has. */
export function emptyDraft(others: readonly RuleDraft[]): RuleDraft {
  const names = new Set(others.map(({ name }) => name));
  let number = others.length + 1;
  while (names.has(`rule-${number}`)) number += 1;
  return draftOf({ name: `rule-${number}`, pattern: '' });
}

/** A stored rule, to be edited. */
export function draftOf(rule: ParsingRule): RuleDraft {
  const { name, pattern, when, multiline, time, level, message, attributes } = rule;
  lastKey += 1;
  return {
    key: lastKey,
    name,
    pattern,
    stream: when?.stream ?? '',
    contains: when?.contains ?? '',
    multiline: multiline ?? false,
    timeGroup: time?.group ?? '',
    timeFormat: time?.format ?? '',
    timeZone: time?.zone ?? '',
    levelGroup: level?.group ?? '',
    levelMap: pairsText(level?.map),
    levelAlways: level?.always === undefined ? '' : String(level.always),
    message: message ?? '',
    attributes: pairsText(attributes),
  };
}

/** The rule as the API takes it. What is wrong with it, the API says. */
export function ruleOf(draft: RuleDraft): ParsingRule {
  const time = filled({ group: draft.timeGroup, format: draft.timeFormat, zone: draft.timeZone });
  const always = draft.levelAlways.trim();
  const map = pairsOf(draft.levelMap);
  const level = {
    ...filled({ group: draft.levelGroup }),
    ...(map && { map: Object.fromEntries(Object.entries(map).map(([text, meaning]) => [text, levelValue(meaning)])) }),
    ...(always !== '' && { always: levelValue(always) }),
  };
  const when = filled({ stream: draft.stream, contains: draft.contains });
  const attributes = pairsOf(draft.attributes);
  return {
    name: draft.name.trim(),
    pattern: draft.pattern,
    ...(Object.keys(when).length > 0 && { when }),
    ...(draft.multiline && { multiline: true }),
    ...(Object.keys(time).length > 0 && { time }),
    ...(Object.keys(level).length > 0 && { level }),
    ...filled({ message: draft.message }),
    ...(attributes && { attributes }),
  };
}

const fields: readonly (readonly [path: string, label: string])[] = [
  ['name', 'Name'],
  ['pattern', 'Pattern'],
  ['when.stream', 'Only of the stream'],
  ['when.contains', 'Only lines with'],
  ['time', 'Group of the time'],
  ['time.group', 'Group of the time'],
  ['time.format', 'Form of the time'],
  ['time.zone', 'Its zone'],
  ['level.group', 'Group of the level'],
  ['level.map', 'What its texts mean'],
  ['level.always', 'Level of every line'],
  ['message', 'Group of the message'],
  ['attributes', 'Names of attributes'],
];

/** Labels of all fields, by their paths in a request. */
export function ruleLabels(drafts: readonly RuleDraft[]): FormLabels {
  return new Map(
    drafts.flatMap((draft, index) =>
      fields.map(
        ([path, label]) => [`parsing_rules.${index}.${path}`, `${label} of ${draft.name || index + 1}`] as const,
      ),
    ),
  );
}

/** A number of OpenTelemetry's, or a word. */
function levelValue(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function filled<Name extends string>(texts: Readonly<Record<Name, string>>): { [Each in Name]?: string } {
  const entries = Object.entries<string>(texts).flatMap(([name, text]) =>
    text.trim() === '' ? [] : [[name, text.trim()]],
  );
  // Keys of an object are the names that it was made of.
  return Object.fromEntries(entries) as { [Each in Name]?: string };
}

function pairsText(pairs: Readonly<Record<string, string | number>> | undefined): string {
  return Object.entries(pairs ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}

/** `a=b, c=d`; a name without a value keeps an empty one, which the API refuses by its name. */
function pairsOf(text: string): Record<string, string> | undefined {
  const parts = text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0) return undefined;
  return Object.fromEntries(
    parts.map((part) => {
      const at = part.lastIndexOf('=');
      return at < 0 ? [part, ''] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    }),
  );
}
