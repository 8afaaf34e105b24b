/**
 * A constructor whose instances inherit nothing. `Object.create(null)` would do the same but makes V8 keep the entries
 * in a hash table, which is several times slower to fill and to walk than the hidden classes these instances get.
 */
function Bare(this: object): void {}
Bare.prototype = Object.freeze(Object.create(null));
const BareConstructor = Bare as unknown as new () => object;

/**
 * An empty map without a prototype: `__proto__`, `constructor` and `toString` are keys like any other, absent until set.
 * Decoded Avro maps are made by it; use it wherever keys come from outside.
 */
export function newStringMap<Value = string>(): Record<string, Value> {
  return new BareConstructor() as Record<string, Value>;
}
