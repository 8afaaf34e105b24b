import { defaultMessage, readJsonText } from '../json/json-text.ts';
import type { TextParser } from './text-parser.ts';

/** One JSON object with the fields of the usual logging libraries. */
export const json: TextParser = {
  name: 'json',
  read({ text }, draft) {
    if (!readJsonText(text, draft)) return false;
    defaultMessage(text, draft);
    return true;
  },
};
