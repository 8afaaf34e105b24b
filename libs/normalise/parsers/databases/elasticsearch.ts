import { severityOfWord } from '@tailrace/log-record/severity.ts';
import type { TextParser } from '../text-parser.ts';

const headPattern = /\[([A-Z]{4,11}) {0,2}\]\[([\w.$-]{1,200}) {0,40}\] (?:\[([^\]\n]{1,200})\] )?/y;

/**
 * `[2026-11-30T11:22:33,123][INFO ][o.e.n.Node               ] [node-1] message`, Elasticsearch's and OpenSearch's.
 * @see https://www.elastic.co/guide/en/elasticsearch/reference/current/logging.html
 */
export const elasticsearch: TextParser = {
  name: 'elasticsearch',
  read({ text, time, at, bracketed }, draft) {
    if (time === '' || !bracketed || text.charCodeAt(at) !== 0x5b) return false;
    headPattern.lastIndex = at;
    const found = headPattern.exec(text);
    const number = found === null ? 0 : severityOfWord(found[1] as string);
    if (found === null || number === 0) return false;
    draft.time(time);
    draft.level(number, found[1] as string);
    draft.attribute('log.logger', found[2] as string);
    draft.attributeIfAny('elasticsearch.node.name', found[3]);
    draft.message(text.slice(headPattern.lastIndex));
    return true;
  },
};
