import { beginsWithPair, readPairs } from './pairs.ts';
import type { TextParser } from './text-parser.ts';

/**
 * `level=info msg="hello world" user=5`, as logrus, go-kit, slog's TextHandler and Heroku write it. At least two pairs
 * and nothing besides, so that prose with an equals sign in it is left alone.
 */
export const logfmt: TextParser = {
  name: 'logfmt',
  read({ text }, draft) {
    if (!beginsWithPair(text)) return false;
    return draft.attempt((inner) => {
      if (readPairs(text, 0, inner) < 2) return false;
      if (inner.bodyPath === '') inner.message(text);
      return true;
    });
  },
};
