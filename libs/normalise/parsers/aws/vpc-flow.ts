import { isDigit, isLetter } from '../../characters.ts';
import type { Draft } from '../../draft.ts';
import { isoOfEpoch } from '../../time/epoch.ts';
import type { TextParser } from '../text-parser.ts';

/** All fields in the order of AWS's table; a format of version n has those up to its last. */
const fields = [
  'version',
  'account-id',
  'interface-id',
  'srcaddr',
  'dstaddr',
  'srcport',
  'dstport',
  'protocol',
  'packets',
  'bytes',
  'start',
  'end',
  'action',
  'log-status',
  'vpc-id',
  'subnet-id',
  'instance-id',
  'tcp-flags',
  'type',
  'pkt-srcaddr',
  'pkt-dstaddr',
  'region',
  'az-id',
  'sublocation-type',
  'sublocation-id',
  'pkt-src-aws-service',
  'pkt-dst-aws-service',
  'flow-direction',
  'traffic-path',
];
const known = new Set(fields);
/** How many fields the formats of versions 2 to 5 have. */
const widths = new Set([14, 21, 25, 29]);
const longestLine = 4096;

const attributes: Readonly<Record<string, string>> = {
  srcaddr: 'source.address',
  dstaddr: 'destination.address',
  srcport: 'source.port',
  dstport: 'destination.port',
};

/**
 * A flow log record of an Amazon VPC: of versions 2 to 5 in the table's order, or of any format when its header line
 * stands above it.
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
 */
export const vpcFlow: TextParser = {
  name: 'vpc-flow',
  read({ text }, draft) {
    if (text.length > longestLine) return false;
    const first = text.charCodeAt(0);
    if (isDigit(first)) return text.charCodeAt(1) === 0x20 && readPlain(text, draft);
    return isLetter(first) && known.has(text.slice(0, text.indexOf(' '))) && readWithHeader(text, draft);
  },
};

function readPlain(text: string, draft: Draft): boolean {
  const values = text.split(' ');
  if (!widths.has(values.length)) return false;
  const status = values[13] as string;
  if (status !== 'OK' && status !== 'NODATA' && status !== 'SKIPDATA') return false;
  readValues(text, hasTableOrder(values) ? fields : fields.slice(0, tableStart), values, draft);
  return true;
}

/** Fields of version 2, which every format begins with. */
const tableStart = 14;

/** Formats of one's own may have the later fields in any order: only what each looks like identifies the table's. */
function hasTableOrder(values: readonly string[]): boolean {
  const looks: readonly (readonly [number, RegExp])[] = [
    [14, /^vpc-/],
    [15, /^subnet-/],
    [16, /^i-/],
    [17, /^[0-9]+$/],
    [18, /^(?:IPv4|IPv6|EFA)$/],
    [21, /^[a-z]{2}(?:-[a-z]+)+-[0-9]$/],
    [27, /^(?:ingress|egress)$/],
  ];
  return looks.every(([index, look]) => {
    const value = values[index];
    return value === undefined || value === '-' || look.test(value);
  });
}

function readWithHeader(text: string, draft: Draft): boolean {
  const lines = text.split('\n', 3);
  const header = (lines[0] as string).trim().split(' ');
  if (header.length < 3 || !header.every((name) => known.has(name))) return false;
  const values = lines[1]?.trim().split(' ') ?? [];
  if (lines.length > 2 || (lines.length === 2 && values.length !== header.length)) return false;
  readValues(text, header, values, draft);
  return true;
}

function readValues(text: string, header: readonly string[], values: readonly string[], draft: Draft): void {
  header.forEach((name, index) => {
    const value = values[index];
    if (value === undefined || value === '-') return;
    draft.attribute(attributes[name] ?? `aws.vpc.flow.${name.replaceAll('-', '_')}`, value);
    const start = name === 'start' ? isoOfEpoch(value) : undefined;
    if (start !== undefined) draft.time(start);
  });
  draft.message(text);
}
