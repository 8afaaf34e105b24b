import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { entryEvent } from './entry-event.ts';

const entry = {
  logName: 'projects/shop/logs/stdout',
  insertId: 'abc',
  timestamp: { seconds: '1767323045', nanos: 123_456_789 },
  receiveTimestamp: { seconds: '1767323046', nanos: 7000 },
  severity: 'ERROR' as const,
  textPayload: 'no',
};
const payloadOf = (fields: object) => JSON.parse(entryEvent({ ...entry, ...fields }).payload);

describe('entryEvent', () => {
  it('keeps nanoseconds, in the time and in the identity', () => {
    expect(entryEvent(entry)).toMatchObject({
      id: 'projects/shop/logs/stdout 2026-01-02T03:04:05.123456789Z abc',
      timestamp: 1_767_323_045_123_456,
      timestampNanos: 789,
      observedTimestamp: 1_767_323_046_000_007,
    });
    expect(payloadOf({})).toMatchObject({
      timestamp: '2026-01-02T03:04:05.123456789Z',
      receiveTimestamp: '2026-01-02T03:04:06.000007000Z',
      severity: 'ERROR',
      textPayload: 'no',
    });
  });

  it('distinguishes entries by a nanosecond', () => {
    const later = { ...entry, timestamp: { seconds: '1767323045', nanos: 123_456_790 } };
    expect(entryEvent(later).id).not.toBe(entryEvent(entry).id);
  });

  it.each(['logName', 'insertId', 'timestamp'])('refuses an entry without %s', (field) => {
    expect(() => entryEvent({ ...entry, [field]: null })).toThrow(/without logName, insertId or timestamp/);
  });

  it('names the pod, the instance or the type of resource as its stream', () => {
    const streamOf = (type: string, labels: Record<string, string>) =>
      entryEvent({ ...entry, resource: { type, labels } }).stream;
    expect(streamOf('k8s_container', { pod_name: 'checkout-1', cluster_name: 'c' })).toBe('k8s_container/checkout-1');
    expect(streamOf('gce_instance', { instance_id: '42' })).toBe('gce_instance/42');
    expect(streamOf('global', {})).toBe('global');
  });

  it('writes a jsonPayload as plain JSON, odd names and numbers included', () => {
    const value = (numberValue: number) => ({ numberValue });
    const struct = {
      fields: Object.fromEntries([
        ['__proto__', { structValue: { fields: { polluted: { boolValue: true } } } }],
        ['list', { listValue: { values: [{ nullValue: 'NULL_VALUE' }, { stringValue: '' }, { boolValue: false }] } }],
        ['zero', value(0)],
        ['nan', value(Number.NaN)],
        ['most', value(Number.POSITIVE_INFINITY)],
      ]),
    };
    const { jsonPayload } = payloadOf({ textPayload: null, jsonPayload: struct });
    expect(Object.entries(jsonPayload)).toEqual([
      ['__proto__', { polluted: true }],
      ['list', [null, '', false]],
      ['zero', 0],
      ['nan', 'NaN'],
      ['most', 'Infinity'],
    ]);
    expect({}).not.toHaveProperty('polluted');
  });

  it('keeps 64-bit numbers of a request as text, and its latency as JSON has it', () => {
    const httpRequest = {
      requestMethod: 'GET',
      responseSize: '9007199254740993',
      latency: { seconds: '1', nanos: 5e8 },
    };
    expect(payloadOf({ httpRequest })).toMatchObject({
      httpRequest: { requestMethod: 'GET', responseSize: '9007199254740993', latency: '1.5s' },
    });
  });

  it('leaves out what has no value', () => {
    expect(payloadOf({ trace: '', labels: {}, operation: null, traceSampled: false })).not.toHaveProperty('trace');
    expect(Object.keys(payloadOf({ labels: {}, split: null }))).not.toContain('labels');
  });
});

/** Length-delimited field, as protobuf has it on the wire. */
function field(id: number, content: Uint8Array | string): Uint8Array {
  const writer = protobuf.Writer.create().uint32((id << 3) | 2);
  return (typeof content === 'string' ? writer.string(content) : writer.bytes(content)).finish();
}

describe('protoPayload', () => {
  const type_url = 'type.googleapis.com/google.cloud.audit.AuditLog';
  const status = Buffer.concat([protobuf.Writer.create().uint32(8).int32(7).finish(), field(2, 'denied')]);
  const attributes = Buffer.concat([
    field(9, protobuf.Writer.create().uint32(8).int64(1_767_323_045).finish()),
    field(13, field(2, 'shop')),
  ]);
  const metadata = Buffer.concat([field(1, '203.0.113.7'), field(7, attributes)]);
  const fieldOfStruct = field(1, Buffer.concat([field(1, 'name'), field(2, field(3, 'vm-1'))]));
  const bytes = Buffer.concat([
    field(7, 'compute.googleapis.com'),
    field(8, 'v1.compute.instances.delete'),
    field(2, status),
    field(3, field(1, 'a@example.com')),
    field(9, Buffer.concat([field(1, 'projects/shop'), field(2, 'compute.instances.delete')])),
    field(4, metadata),
    field(16, fieldOfStruct),
    field(20, field(1, 'europe-west1')),
    protobuf.Writer.create()
      .uint32((12 << 3) | 0)
      .int64('9007199254740993')
      .finish(),
    // A field that no version known here has.
    field(99, 'new'),
  ]);

  it('is decoded when it is an AuditLog', () => {
    expect(payloadOf({ textPayload: null, protoPayload: { type_url, value: bytes } }).protoPayload).toEqual({
      '@type': type_url,
      serviceName: 'compute.googleapis.com',
      methodName: 'v1.compute.instances.delete',
      status: { code: 7, message: 'denied' },
      authenticationInfo: { principalEmail: 'a@example.com' },
      authorizationInfo: [{ resource: 'projects/shop', permission: 'compute.instances.delete' }],
      requestMetadata: {
        callerIp: '203.0.113.7',
        requestAttributes: { time: '2026-01-02T03:04:05.000000000Z', auth: { audiences: ['shop'] } },
      },
      request: { name: 'vm-1' },
      resourceLocation: { currentLocations: ['europe-west1'] },
      numResponseItems: '9007199254740993',
    });
  });

  it('keeps its bytes when it is of another type, or no AuditLog at all', () => {
    const other = { type_url: 'type.googleapis.com/some.Other', value: Buffer.from([1, 2, 255]) };
    expect(payloadOf({ protoPayload: other }).protoPayload).toEqual({ '@type': other.type_url, value: 'AQL/' });
    const broken = { type_url, value: Buffer.from([0x9f, 0x06, 1]) };
    expect(payloadOf({ protoPayload: broken }).protoPayload).toEqual({ '@type': type_url, value: 'nwYB' });
  });
});
