import { cutToLength } from '@tailrace/log-record/cut-text.ts';
import { maxAttributeKeyLength } from '@tailrace/log-record/limits.ts';
import type { JsonKind } from '../json/json-kind.ts';

/** Takes one field of a JSON object or one pair of a line into the target. */
export type FieldHandler<Target> = (target: Target, value: string, kind: JsonKind, path: string) => void;

/** A field's full name and what is to be done with its value, looked up once for all records that have it. */
export interface FieldName<Target> {
  readonly id: number;
  readonly parent: FieldName<Target> | undefined;
  readonly key: string;
  /** Keys from the outermost object down, joined by dots; cut at the longest key an attribute may have. */
  readonly path: string;
  readonly handle: FieldHandler<Target>;
  /** Handler of the fields below which have none of their own. */
  readonly handleBelow: FieldHandler<Target>;
  /** An object under this name is handed over as its text instead of field by field. */
  readonly whole: boolean;
  /** Whether the cache holds it. One that it dropped learns nothing more, so that names never chain up. */
  isKept: boolean;
  /** The name that came behind this one lately, a guess for the next time. */
  follower: FieldName<Target> | undefined;
  /** The text from the follower's opening quote to its value. */
  lead: string;
  /** How often the guess was wrong since it was made. */
  misses: number;
}

export interface FieldRules<Target> {
  /** By path. */
  readonly fields: Readonly<Record<string, FieldHandler<Target>>>;
  /** By the path of an object, for whatever is inside it. */
  readonly below?: Readonly<Record<string, FieldHandler<Target>>>;
  /** Paths of objects to hand over whole. */
  readonly whole?: readonly string[];
  readonly otherwise: FieldHandler<Target>;
  /** Whether names count whatever their case, and with or without `_` and `-` between their words. */
  readonly anyCase?: boolean;
  /** Objects that only wrap the fields of interest: what is below them is looked up as if it stood outside. */
  readonly envelopes?: readonly string[];
}

/** Slots of the cache; a power of two. Names that share a slot only cost each other a look-up. */
const slots = 1024;
const longestCached = 64;
/** Wrong guesses at what follows a name before another is made. */
const patience = 16;

/**
 * Maps keys, as they stand in a text, to `FieldName`s. The same few hundred keys come in every record, so each is cut
 * out of the text, joined with its parents and looked up in the rules once; afterwards a hash of a few characters and a
 * comparison in place find it. Most often not even that is needed, since the same keys come in the same order.
 */
export class FieldNames<Target> {
  readonly root: FieldName<Target>;
  private readonly fields: ReadonlyMap<string, FieldHandler<Target>>;
  private readonly below: ReadonlyMap<string, FieldHandler<Target>>;
  private readonly whole: ReadonlySet<string>;
  private readonly anyCase: ReadonlyMap<string, FieldHandler<Target>>;
  private readonly envelopes: readonly string[];
  private readonly cache: (FieldName<Target> | undefined)[] = new Array(slots).fill(undefined);
  private nextId = 1;

  constructor(rules: FieldRules<Target>) {
    this.fields = new Map(Object.entries(rules.fields));
    this.below = new Map(Object.entries(rules.below ?? {}));
    this.whole = new Set(rules.whole);
    this.anyCase = new Map(
      // The first of two that differ in their case only counts.
      rules.anyCase ? [...this.fields].reverse().map(([path, handler]) => [withoutCase(path), handler]) : [],
    );
    this.envelopes = (rules.envelopes ?? []).map((path) => `${path}.`);
    const { otherwise } = rules;
    this.root = {
      id: 0,
      parent: undefined,
      key: '',
      path: '',
      handle: otherwise,
      handleBelow: otherwise,
      whole: false,
      isKept: true,
      follower: undefined,
      lead: '',
      misses: 0,
    };
  }

  /** The name of the key that stands in `text` from `start` to before `end`. */
  child(parent: FieldName<Target>, text: string, start: number, end: number): FieldName<Target> {
    const length = end - start;
    if (length === 0 || length > longestCached) return this.make(parent, text.slice(start, end));
    const middle = text.charCodeAt(start + (length >> 1));
    const edges = text.charCodeAt(start) * 7 + text.charCodeAt(end - 1) * 131;
    const slot = (length * 31 + edges + middle * 17 + parent.id * 977) & (slots - 1);
    const cached = this.cache[slot];
    if (cached !== undefined && cached.parent === parent && isAt(cached.key, text, start, length)) return cached;
    const made = this.make(parent, text.slice(start, end));
    made.isKept = true;
    if (cached !== undefined) {
      cached.isKept = false;
      cached.follower = undefined;
    }
    this.cache[slot] = made;
    return made;
  }

  private make(parent: FieldName<Target>, key: string): FieldName<Target> {
    const whole = parent.path === '' ? key : `${parent.path}.${key}`;
    const path = detached(cutToLength(whole, maxAttributeKeyLength));
    return {
      id: this.nextId++,
      parent,
      key: detached(key),
      path,
      handle: this.find(path) ?? parent.handleBelow,
      handleBelow: this.below.get(path) ?? parent.handleBelow,
      whole: this.whole.has(path),
      isKept: false,
      follower: undefined,
      lead: '',
      misses: 0,
    };
  }

  private find(path: string): FieldHandler<Target> | undefined {
    const found = this.fields.get(path) ?? this.anyCase.get(withoutCase(path));
    if (found !== undefined) return found;
    const envelope = this.envelopes.find((prefix) => path.startsWith(prefix));
    return envelope === undefined ? undefined : this.find(path.slice(envelope.length));
  }

  /** Notes that `name`, whose key and colon stand in `text` from `start` to before `end`, came behind `previous`. */
  follow(previous: FieldName<Target>, name: FieldName<Target>, text: string, start: number, end: number): void {
    if (previous.follower !== undefined && ++previous.misses < patience) return;
    if (!previous.isKept || !name.isKept || end - start > longestCached) return;
    previous.follower = name;
    previous.lead = detached(text.slice(start, end));
    previous.misses = 0;
  }
}

function withoutCase(path: string): string {
  return path.toLowerCase().replaceAll(/[_-]/g, '');
}

function isAt(key: string, text: string, start: number, length: number): boolean {
  if (key.length !== length) return false;
  for (let index = 0; index < length; index++) {
    if (key.charCodeAt(index) !== text.charCodeAt(start + index)) return false;
  }
  return true;
}

/** A copy that does not keep the text it was cut from, and that V8 finds quickly as a property's name. */
function detached(key: string): string {
  return Object.keys({ [key]: 0 })[0] as string;
}
