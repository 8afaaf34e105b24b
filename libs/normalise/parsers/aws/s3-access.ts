import { timeAt } from '../../time/time-at.ts';
import type { TextParser } from '../text-parser.ts';
import { tokensOf } from '../tokens.ts';
import { present, requestAttributes } from '../web/http-request.ts';

const headPattern = /([0-9a-f]{64}|-) ([a-z0-9.-]{3,63}) \[/y;
/** Fields behind the time, in S3's order; the request is taken apart. */
const fields = [
  'client.address',
  'user.id',
  'aws.request_id',
  'aws.s3.operation',
  'aws.s3.key',
  '',
  'http.response.status_code',
  'aws.error_code',
  'http.response.body.size',
  'aws.s3.object_size',
  'aws.s3.total_time_ms',
  'aws.s3.turn_around_time_ms',
  'http.request.header.referer',
  'user_agent.original',
  'aws.s3.version_id',
  'aws.s3.host_id',
  'aws.s3.signature_version',
  'tls.cipher',
  'aws.s3.authentication_type',
  'http.request.header.host',
  'tls.protocol.version',
  'aws.s3.access_point_arn',
  'aws.s3.acl_required',
];
const fewest = 14;

/**
 * A line of Amazon S3's server access log.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
 */
export const s3Access: TextParser = {
  name: 's3-access',
  read({ text }, draft) {
    headPattern.lastIndex = 0;
    const head = headPattern.exec(text);
    const time = head === null ? undefined : timeAt(text, headPattern.lastIndex, draft.timestamp);
    if (head === null || time === undefined || !text.startsWith('] ', time.end)) return false;
    const values = tokensOf(text, time.end + 2, fields.length + 4);
    if (values.length < fewest) return false;
    draft.time(time.iso);
    present(draft, 'aws.s3.owner', head[1]);
    draft.attribute('aws.s3.bucket', head[2] as string);
    fields.forEach((name, index) => {
      if (name === '') requestAttributes(values[index] ?? '-', draft);
      else present(draft, name, values[index]);
    });
    draft.message(text);
    return true;
  },
};
