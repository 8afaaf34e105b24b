import type { Draft } from '../../draft.ts';
import { timeAt } from '../../time/time-at.ts';
import { xrayHeaderOf } from '../../trace-context.ts';
import type { TextParser } from '../text-parser.ts';
import { tokensOf } from '../tokens.ts';
import { present, requestAttributes } from '../web/http-request.ts';

/** Fields in AWS's order; an empty name is taken up otherwise. */
const fields = [
  'aws.elb.type',
  '',
  'aws.elb.name',
  '',
  '',
  'aws.elb.request_processing_time',
  'aws.elb.target_processing_time',
  'aws.elb.response_processing_time',
  'http.response.status_code',
  'aws.elb.target_status_code',
  'http.request.size',
  'http.response.size',
  '',
  'user_agent.original',
  'tls.cipher',
  'tls.protocol.version',
  'aws.elb.target_group.arn',
  '',
  'server.address',
  'aws.elb.certificate.arn',
  'aws.elb.rule_priority',
  'aws.elb.request_creation_time',
  'aws.elb.actions_executed',
  'aws.elb.redirect_url',
  'aws.elb.error_reason',
  'aws.elb.target_list',
  'aws.elb.target_status_code_list',
  'aws.elb.classification',
  'aws.elb.classification_reason',
  'aws.elb.connection_trace_id',
];
const types = new Set(['http', 'https', 'h2', 'grpcs', 'ws', 'wss']);
/** Lines written before the fields behind the trace id were added have as many. */
const fewest = 18;
const mostAhead = 6;

/**
 * An access log entry of an Application Load Balancer.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html#access-log-entry-syntax
 */
export const alb: TextParser = {
  name: 'alb',
  read({ text }, draft) {
    const typeEnd = text.slice(0, mostAhead).indexOf(' ');
    if (typeEnd < 0 || !types.has(text.slice(0, typeEnd))) return false;
    const time = timeAt(text, typeEnd + 1, draft.timestamp);
    if (time === undefined) return false;
    // AWS may append fields: what is behind the known ones stays in the body only.
    const tokens = tokensOf(text, 0, fields.length);
    if (tokens.length < fewest) return false;
    draft.time(time.iso);
    fields.forEach((field, index) => {
      if (field !== '') present(draft, field, tokens[index]);
    });
    endpoint('client', tokens[3] as string, draft);
    endpoint('aws.elb.target', tokens[4] as string, draft);
    requestAttributes(tokens[12] as string, draft);
    const trace = tokens[17] as string;
    if (!draft.traceContext(xrayHeaderOf(trace))) present(draft, 'aws.elb.trace_id', trace);
    draft.message(text);
    return true;
  },
};

/** `address:port`; IPv6 addresses have colons of their own. */
function endpoint(prefix: string, value: string, draft: Draft): void {
  const colon = value.lastIndexOf(':');
  if (colon < 0) return;
  draft.attribute(`${prefix}.address`, value.slice(0, colon));
  draft.attribute(`${prefix}.port`, value.slice(colon + 1));
}
