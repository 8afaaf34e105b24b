import type { AnchoredParser } from '@tailrace/normalise/parsers/text-parser.ts';

/** Linear in the text: nothing in it can match in two ways. */
const request = /^#\d{1,12} ([A-Z]{3,7} \S+) (\d{1,9})ms (\w+)$/;

/** A parser of one's own, whole: `#42 GET /checkout 612ms eu`. It is tried on texts that begin with `#`, and the like. */
export const requestLines: AnchoredParser = {
  name: 'request-lines',
  beginnings: ['other'],
  read({ text }, draft) {
    // Other formats are left early: it is asked for every line with such a beginning.
    if (!text.startsWith('#')) return false;
    const found = request.exec(text);
    if (found === null) return false;
    const [, message = '', duration = '', region = ''] = found;
    draft.message(message);
    draft.attribute('duration_ms', duration);
    draft.attribute('region', region);
    return true;
  },
};
