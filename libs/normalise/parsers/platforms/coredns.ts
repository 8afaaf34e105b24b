import { severityOfWord } from '@tailrace/log-record/severity.ts';
import type { TextParser } from '../text-parser.ts';

const queryPattern =
  /\[(INFO|ERROR|WARNING|DEBUG)\] (\S{2,45}):([0-9]{1,5}) - ([0-9]{1,6}) "([A-Z0-9]{1,16}) IN (\S{1,255}) (udp|tcp|https|quic|grpc) ([0-9]{1,6}) (true|false) ([0-9]{1,6})" (\S{1,40}) (\S{1,80}) ([0-9]{1,6}) ([0-9.]{1,20})s/y;

/**
 * `[INFO] 10.0.0.7:12345 - 1234 "A IN example.com. udp 41 false 512" NOERROR qr,rd,ra 80 0.000123s`, a query that CoreDNS
 * answered.
 * @see https://coredns.io/plugins/log/
 */
export const coredns: TextParser = {
  name: 'coredns',
  read({ text, time }, draft) {
    if (time !== '') return false;
    queryPattern.lastIndex = 0;
    const found = queryPattern.exec(text);
    if (found === null) return false;
    const [, level = '', address = '', port = '', id = '', type = '', name = '', protocol = ''] = found;
    draft.level(severityOfWord(level), level);
    draft.attribute('client.address', address);
    draft.attribute('client.port', port);
    draft.attribute('dns.id', id);
    draft.attribute('dns.question.type', type);
    draft.attribute('dns.question.name', name);
    draft.attribute('network.transport', protocol);
    draft.attribute('dns.response_code', found[11] as string);
    draft.attribute('dns.header_flags', found[12] as string);
    draft.attribute('dns.response.size', found[13] as string);
    draft.attribute('dns.duration_s', found[14] as string);
    draft.message(text);
    return true;
  },
};
