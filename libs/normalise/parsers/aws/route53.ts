import { timeAt } from '../../time/time-at.ts';
import type { TextParser } from '../text-parser.ts';
import { present } from '../web/http-request.ts';

const fields = [
  'aws.route53.hosted_zone_id',
  'dns.question.name',
  'dns.question.type',
  'dns.response_code',
  'network.transport',
  'aws.route53.edge_location',
  'client.address',
  'dns.client_subnet',
];

/**
 * `1.0 2026-11-30T11:22:33.130Z Z123412341234 example.com A NOERROR UDP FRA6 192.168.1.1 -`, a query log of Route 53.
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/query-logs.html
 */
export const route53: TextParser = {
  name: 'route53',
  read({ text }, draft) {
    if (!text.startsWith('1.') || text.charCodeAt(3) !== 0x20) return false;
    const time = timeAt(text, 4, draft.timestamp);
    if (time === undefined || text.charCodeAt(time.end) !== 0x20) return false;
    const values = text.slice(time.end + 1).split(' ', fields.length + 1);
    if (values.length !== fields.length || !/^Z[A-Z0-9]{1,31}$/.test(values[0] as string)) return false;
    draft.time(time.iso);
    fields.forEach((name, index) => {
      present(draft, name, values[index]);
    });
    draft.message(text);
    return true;
  },
};
