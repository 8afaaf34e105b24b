import type { Draft } from '../../draft.ts';
import { timeAt } from '../../time/time-at.ts';
import type { TextParser } from '../text-parser.ts';
import { tokensOf } from '../tokens.ts';
import { present, requestAttributes } from '../web/http-request.ts';

/** Classic Load Balancers, behind the time. */
const classicFields = [
  'aws.elb.name',
  'client',
  'backend',
  'aws.elb.request_processing_time',
  'aws.elb.backend_processing_time',
  'aws.elb.response_processing_time',
  'http.response.status_code',
  'aws.elb.backend_status_code',
  'http.request.size',
  'http.response.size',
  'request',
  'user_agent.original',
  'tls.cipher',
  'tls.protocol.version',
];
/** Network Load Balancers' TLS listeners, behind `tls 2.0 time`. */
const networkFields = [
  'aws.elb.name',
  'aws.elb.listener',
  'client',
  'backend',
  'aws.elb.connection_time_ms',
  'aws.elb.tls_handshake_time_ms',
  'network.io.received',
  'network.io.sent',
  'aws.elb.incoming_tls_alert',
  'aws.elb.certificate.arn',
  'aws.elb.certificate_serial',
  'tls.cipher',
  'tls.protocol.version',
  'aws.elb.tls_named_group',
  'server.address',
  'aws.elb.alpn_fe_protocol',
  'aws.elb.alpn_be_protocol',
  'aws.elb.alpn_client_preference_list',
  'aws.elb.tls_connection_creation_time',
];
const numberPattern = /^-?[0-9.]{1,20}$/;

/**
 * Access log entries of Classic and of Network Load Balancers; Application Load Balancers have their own.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html#access-log-entry-format
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html
 */
export const elb: TextParser = {
  name: 'elb',
  read({ text, time, at, bracketed }, draft) {
    if (time !== '') return !bracketed && time.endsWith('Z') && readClassic(text, at, time, draft);
    return text.startsWith('tls ') && readNetwork(text, draft);
  },
};

function readClassic(text: string, at: number, time: string, draft: Draft): boolean {
  const values = tokensOf(text, at + 1, classicFields.length + 4);
  const timings = values.slice(3, 6);
  if (values.length < 11 || !timings.every((value) => numberPattern.test(value))) return false;
  if (!/^[0-9]{3}$/.test(values[6] as string) || !(values[1] as string).includes(':')) return false;
  draft.time(time);
  readValues(classicFields, values, draft);
  draft.message(text);
  return true;
}

function readNetwork(text: string, draft: Draft): boolean {
  const [, version, stamp = '', ...values] = tokensOf(text, 0, networkFields.length + 6);
  const time = timeAt(stamp, 0, draft.timestamp);
  if (version !== '2.0' || time === undefined || values.length < 14) return false;
  draft.time(time.iso);
  draft.attribute('aws.elb.type', 'tls');
  readValues(networkFields, values, draft);
  draft.message(text);
  return true;
}

function readValues(names: readonly string[], values: readonly string[], draft: Draft): void {
  names.forEach((name, index) => {
    const value = values[index];
    if (name === 'request') requestAttributes(value ?? '-', draft);
    else if (name === 'client') address(draft, 'client', value);
    else if (name === 'backend') address(draft, 'upstream', value);
    else present(draft, name, value);
  });
}

function address(draft: Draft, name: string, value = '-'): void {
  const colon = value.lastIndexOf(':');
  if (value === '-' || colon < 0) return;
  draft.attribute(`${name}.address`, value.slice(0, colon));
  draft.attribute(`${name}.port`, value.slice(colon + 1));
}
