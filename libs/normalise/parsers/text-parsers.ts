import { isDigit, isLetter, isUpper, skipSpaces } from '../characters.ts';
import { withoutColours } from '../colours.ts';
import { Draft } from '../draft.ts';
import { readMessage } from '../json-text.ts';
import { type Line, lineOf } from '../line.ts';
import { alb } from './aws/alb.ts';
import { apiGateway } from './aws/api-gateway.ts';
import { cloudfront } from './aws/cloudfront.ts';
import { elb } from './aws/elb.ts';
import { lambda } from './aws/lambda.ts';
import { route53 } from './aws/route53.ts';
import { s3Access } from './aws/s3-access.ts';
import { vpcFlow } from './aws/vpc-flow.ts';
import { activemq } from './brokers/activemq.ts';
import { elasticsearch } from './databases/elasticsearch.ts';
import { mysql } from './databases/mysql.ts';
import { postgresql } from './databases/postgresql.ts';
import { redis } from './databases/redis.ts';
import { json } from './json.ts';
import { android } from './languages/android.ts';
import { dotnet } from './languages/dotnet.ts';
import { erlang } from './languages/erlang.ts';
import { go } from './languages/go.ts';
import { java } from './languages/java.ts';
import { node } from './languages/node.ts';
import { php } from './languages/php.ts';
import { python } from './languages/python.ts';
import { ruby } from './languages/ruby.ts';
import { rust } from './languages/rust.ts';
import { websphere } from './languages/websphere.ts';
import { logfmt } from './logfmt.ts';
import { coredns } from './platforms/coredns.ts';
import { cri } from './platforms/cri.ts';
import { hclog } from './platforms/hclog.ts';
import { klog } from './platforms/klog.ts';
import { prefix } from './prefix.ts';
import { syslogRfc3164 } from './syslog/syslog-rfc3164.ts';
import { syslogRfc5424 } from './syslog/syslog-rfc5424.ts';
import type { InnerReader, TextParser } from './text-parser.ts';
import { access } from './web/access.ts';
import { apacheError } from './web/apache-error.ts';
import { envoy } from './web/envoy.ts';
import { haproxy } from './web/haproxy.ts';
import { iis } from './web/iis.ts';
import { nginxError } from './web/nginx-error.ts';
import { squid } from './web/squid.ts';

/** Parsers that may know a text which begins with a time, by what stands behind it, the particular before the general. */
const behindTime = {
  timeCapital: [go, rust, android, java, iis, elb, syslogRfc3164, prefix],
  timeSmall: [cri, lambda, go, dotnet, java, node, ruby, iis, elb, syslogRfc3164, prefix],
  timeDigit: [lambda, go, java, mysql, iis, elb, android, syslogRfc3164, prefix],
  timeBracket: [nginxError, postgresql, go, hclog, dotnet, java, node, mysql, prefix],
  timeTab: [lambda, go, java, mysql, cloudfront, prefix],
  timeOther: [klog, postgresql, go, python, dotnet, activemq, java, node, mysql, iis, elb, syslogRfc3164, prefix],
} satisfies Record<string, readonly TextParser[]>;

/** By what a text begins with, the parsers that may know it, the particular before the general. */
const byBeginning = {
  brace: [json, prefix],
  angle: [syslogRfc5424, syslogRfc3164, prefix],
  bracket: [
    lambda,
    apacheError,
    envoy,
    elasticsearch,
    coredns,
    php,
    rust,
    python,
    dotnet,
    go,
    node,
    redis,
    java,
    websphere,
    prefix,
  ],
  ...behindTime,
  letter: [
    logfmt,
    klog,
    lambda,
    alb,
    elb,
    vpcFlow,
    syslogRfc3164,
    access,
    s3Access,
    java,
    python,
    dotnet,
    go,
    node,
    ruby,
    android,
    php,
    prefix,
  ],
  other: [apiGateway, vpcFlow, redis, squid, haproxy, access, s3Access, route53, mysql, erlang, node, logfmt, prefix],
} satisfies Record<string, readonly TextParser[]>;

/** Names of every parser of texts. */
export const textParserNames: readonly string[] = [
  ...new Set(Object.values(byBeginning).flatMap((parsers) => parsers.map(({ name }) => name))),
  'cloudtrail',
  'plain',
];

/** Deepest nesting of envelopes: a container's line in syslog in JSON is three. */
const mostEnvelopes = 4;

/** Reads a text into the draft by the first parser that knows it; otherwise all of it is the message. */
export function parseText(text: string, draft: Draft, depth = 0): void {
  const trimmed = withLineBreaks(withoutByteOrderMark(withoutLineEnd(text)));
  const readable = withoutColours(trimmed);
  if (draft.rules?.read(readable, draft) || parse(readable, draft, depth)) return;
  draft.parser = 'plain';
  draft.message(trimmed);
  if (uncaught.test(trimmed)) draft.inferError();
}

/** How runtimes begin what they print of an exception that ends the program: Java, .NET, Node, Rust, Go, PHP. */
const uncaught =
  /^(?:Exception in thread "|Unhandled exception[.:]|Uncaught [\w$.]{1,100}(?:Error|Exception)\b|thread '[^'\n]{0,100}' panicked at |fatal error: |PHP Fatal error: {1,2}Uncaught )/i;

function parse(text: string, draft: Draft, depth: number): boolean {
  const line = lineOf(text, draft.timestamp);
  const readInner = depth < mostEnvelopes ? (readers[depth] as InnerReader) : readMessage;
  for (const parser of candidates(line)) {
    if (!parser.read(line, draft, readInner)) continue;
    draft.parser = parser === json ? readShape(draft, depth) : parser.name;
    return true;
  }
  return false;
}

/** One for each depth, so that none has to be made for a line. */
const readers: readonly InnerReader[] = Array.from({ length: mostEnvelopes }, (_, depth) => (text, draft) => {
  readInnerText(text, draft, depth + 1);
});

/** What the inner text says goes to the draft; its envelope keeps its own name. */
function readInnerText(text: string, draft: Draft, depth: number): void {
  const inner = new Draft(draft.timestamp, draft.rules);
  parseText(text, inner, depth);
  draft.absorbInner(inner);
}

function candidates({ text, time, at, bracketed }: Line): readonly TextParser[] {
  const first = text.charCodeAt(0);
  if (first === 0x7b || (isBlank(first) && text.trimStart().startsWith('{'))) return byBeginning.brace;
  if (first === 0x3c) return byBeginning.angle;
  if (first === 0x5b) return byBeginning.bracket;
  if (isLetter(first)) return byBeginning.letter;
  return isDigit(first) && time !== '' && !bracketed ? candidatesBehindTime(text, at) : byBeginning.other;
}

function candidatesBehindTime(text: string, at: number): readonly TextParser[] {
  if (text.charCodeAt(at) === 0x09) return byBeginning.timeTab;
  if (text.charCodeAt(at) !== 0x20) return byBeginning.timeOther;
  const code = text.charCodeAt(skipSpaces(text, at));
  if (isUpper(code)) return byBeginning.timeCapital;
  if (code === 0x5b) return byBeginning.timeBracket;
  if (isDigit(code)) return byBeginning.timeDigit;
  return isLetter(code) ? byBeginning.timeSmall : byBeginning.timeOther;
}

/** The name for the JSON that was read. A container's line in an envelope (`log`) is a text of its own. */
function readShape(draft: Draft, depth: number): string {
  if (draft.shape === 'cloudtrail' || draft.shape === 'lambda') return draft.shape;
  readEnvelopedMessage(draft, depth);
  return json.name;
}

/** Fields under which an envelope carries a line as the program wrote it. */
const carriers: ReadonlySet<string> = new Set(['log', 'MESSAGE', 'log_processed.log']);

/**
 * Where JSON is the envelope of a line, or says no level itself, its message may be a line with a header of its own.
 * @param depth how many envelopes it came in
 */
export function readEnvelopedMessage(draft: Draft, depth = 0): void {
  if (depth >= mostEnvelopes || draft.bodyPath === '') return;
  const inner = new Draft(draft.timestamp, draft.rules);
  if (!draft.hasOwnLevel || carriers.has(draft.bodyPath)) parseText(draft.body, inner, depth + 1);
  // Whatever the envelope says, a rule of the connection may be about the message that it carries.
  else draft.rules?.read(draft.body, inner);
  if (inner.parser !== 'plain' || inner.rule !== '') draft.absorbInner(inner);
}

/** Container runtimes and Lambda's images put CR for the line breaks inside of an event. */
function withLineBreaks(text: string): string {
  return text.includes('\r') && !text.includes('\n') ? text.replaceAll('\r', '\n') : text;
}

function withoutByteOrderMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function withoutLineEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isLineEnd(text.charCodeAt(end - 1))) end--;
  return end === text.length ? text : text.slice(0, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || isLineEnd(code);
}

function isLineEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}
