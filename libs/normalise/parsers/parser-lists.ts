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
import type { AnchoredParser, Beginning, TextParser } from './text-parser.ts';
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
  timeSmall: [lambda, go, dotnet, java, node, ruby, iis, elb, syslogRfc3164, prefix],
  timeDigit: [lambda, go, java, mysql, iis, elb, android, syslogRfc3164, prefix],
  timeBracket: [postgresql, go, hclog, dotnet, java, node, mysql, prefix],
  timeTab: [lambda, go, java, mysql, cloudfront, prefix],
  timeOther: [klog, postgresql, go, python, dotnet, activemq, java, node, mysql, iis, elb, syslogRfc3164, prefix],
} satisfies Partial<Record<Beginning, readonly TextParser[]>>;

/**
 * By what a text begins with, the parsers that may know it, the particular before the general. They stand here one by one
 * where one that is particular for one beginning is general for another.
 */
const byBeginning = {
  brace: [json, prefix],
  angle: [syslogRfc3164, prefix],
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
  other: [vpcFlow, redis, squid, haproxy, access, s3Access, route53, mysql, erlang, node, logfmt, prefix],
} satisfies Record<Beginning, readonly TextParser[]>;

/** Parsers that say themselves what their texts begin with. A further one is one more line. */
const anchored: readonly AnchoredParser[] = [apiGateway, cri, nginxError, syslogRfc5424];

/** Parsers to try on a text, in their order, by what it begins with. */
type ParserTable<Parser> = Readonly<Record<Beginning, readonly Parser[]>>;

/** Those parsers, each under what it says its texts begin with. */
export function anchoredTable(parsers: readonly AnchoredParser[]): ParserTable<AnchoredParser> {
  return tableOf((beginning) => parsers.filter(({ beginnings }) => beginnings.includes(beginning)));
}

function tableOf<Parser>(of: (beginning: Beginning) => readonly Parser[]): ParserTable<Parser> {
  return {
    brace: of('brace'),
    angle: of('angle'),
    bracket: of('bracket'),
    letter: of('letter'),
    timeCapital: of('timeCapital'),
    timeSmall: of('timeSmall'),
    timeDigit: of('timeDigit'),
    timeBracket: of('timeBracket'),
    timeTab: of('timeTab'),
    timeOther: of('timeOther'),
    other: of('other'),
  };
}

const first = anchoredTable(anchored);

/** Every parser of texts that Tailrace comes with. */
export const parsersByBeginning: ParserTable<TextParser> = tableOf((beginning) => [
  ...first[beginning],
  ...byBeginning[beginning],
]);

/** Names of every parser of texts. */
export const textParserNames: readonly string[] = [
  ...new Set(Object.values(parsersByBeginning).flatMap((parsers) => parsers.map(({ name }) => name))),
  'cloudtrail',
  'plain',
];
