import { digitsAt } from '../../characters.ts';
import type { TextParser } from '../text-parser.ts';
import { present } from '../web/http-request.ts';

/** Fields of the standard log behind date and time, in CloudFront's order. */
const fields = [
  'aws.cloudfront.edge_location',
  'http.response.size',
  'client.address',
  'http.request.method',
  'aws.cloudfront.domain',
  'url.path',
  'http.response.status_code',
  'http.request.header.referer',
  'user_agent.original',
  'url.query',
  'http.request.header.cookie',
  'aws.cloudfront.edge_result_type',
  'aws.cloudfront.request_id',
  'http.request.header.host',
  'url.scheme',
  'http.request.size',
  'aws.cloudfront.time_taken_s',
  'http.request.header.x-forwarded-for',
  'tls.protocol.version',
  'tls.cipher',
  'aws.cloudfront.edge_response_result_type',
  'network.protocol.version',
  'aws.cloudfront.fle_status',
  'aws.cloudfront.fle_encrypted_fields',
  'client.port',
  'aws.cloudfront.time_to_first_byte_s',
  'aws.cloudfront.edge_detailed_result_type',
  'http.response.header.content-type',
  'http.response.body.size',
  'aws.cloudfront.range_start',
  'aws.cloudfront.range_end',
];
const fewest = 22;

/**
 * A line of CloudFront's standard log, tab-separated, with percent-encoded values.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html
 */
export const cloudfront: TextParser = {
  name: 'cloudfront',
  read({ text, time, at, bracketed }, draft) {
    if (time === '' || bracketed || text.charCodeAt(at) !== 0x09 || text.charCodeAt(10) !== 0x09) return false;
    const values = text.slice(at + 1).split('\t', fields.length + 1);
    const status = values[6] ?? '';
    if (values.length < fewest || values.length > fields.length || digitsAt(status, 0, 3) < 0) return false;
    draft.time(`${time}Z`);
    values.forEach((value, index) => {
      const name = fields[index] as string;
      if (name === 'user_agent.original') present(draft, name, decoded(value));
      else if (name === 'network.protocol.version') present(draft, name, value.replace('HTTP/', ''));
      else present(draft, name, value);
    });
    draft.message(text);
    return true;
  },
};

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
