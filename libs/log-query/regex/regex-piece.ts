/** What one part compiles to. */
export interface Piece {
  readonly size: number;
  /** It can match nothing: a loop over it takes one instruction more. */
  readonly nullable: boolean;
  /** How often its innermost part is written out by counted repetitions. */
  readonly copies: number;
}

/** What matches nothing at all. */
export const empty: Piece = { size: 1, nullable: true, copies: 1 };
/** A character. */
export const one: Piece = { size: 1, nullable: false, copies: 1 };

/** One after the other. */
export function concatenated(items: readonly Piece[]): Piece {
  if (items.length === 0) return empty;
  return {
    size: items.reduce((sum, { size }) => sum + size, 0),
    nullable: items.every(({ nullable }) => nullable),
    copies: Math.max(...items.map(({ copies }) => copies)),
  };
}

/** One of several. */
export function alternated(all: readonly Piece[]): Piece {
  return {
    size: all.reduce((sum, { size }) => sum + size, all.length - 1),
    nullable: all.some(({ nullable }) => nullable),
    copies: Math.max(...all.map(({ copies }) => copies)),
  };
}

/** A part that is repeated; `most` may be infinite. */
export function repeated({ size, nullable, copies }: Piece, least: number, most: number): Piece {
  if (most === 0) return { ...empty, copies: 0 };
  if (most !== Number.POSITIVE_INFINITY) {
    const repeats = { nullable: least === 0 || nullable, copies: copies * most };
    return { ...repeats, size: least * size + (most - least) * (size + 1) };
  }
  const loop = least === 0 && nullable ? 2 : 1;
  return {
    nullable: least === 0 || nullable,
    copies: copies * Math.max(1, least),
    size: Math.max(1, least) * size + loop,
  };
}
