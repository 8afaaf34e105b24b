import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON, type PackageDefinition } from '@grpc/proto-loader';

const require = createRequire(import.meta.url);

/** Fields as `name: [type, number]`; a type in brackets is repeated. */
function message(fields: Readonly<Record<string, readonly [type: string, id: number]>>): object {
  const described = Object.entries(fields).map(([name, [type, id]]) => {
    const repeated = type.startsWith('[');
    return [name, { type: repeated ? type.slice(1, -1) : type, id, ...(repeated ? { rule: 'repeated' } : {}) }];
  });
  return { fields: Object.fromEntries(described) };
}

/**
 * What Google publishes outside of the logging API's own definitions: the payload of audit logs, and the detail that
 * says when to retry. Source: googleapis, google/cloud/audit/audit_log.proto and google/rpc/error_details.proto.
 */
const audit = {
  AuditLog: message({
    serviceName: ['string', 7],
    methodName: ['string', 8],
    resourceName: ['string', 11],
    numResponseItems: ['int64', 12],
    status: ['google.rpc.Status', 2],
    authenticationInfo: ['AuthenticationInfo', 3],
    authorizationInfo: ['[AuthorizationInfo]', 9],
    requestMetadata: ['RequestMetadata', 4],
    request: ['google.protobuf.Struct', 16],
    response: ['google.protobuf.Struct', 17],
    metadata: ['google.protobuf.Struct', 18],
  }),
  AuthenticationInfo: message({ principalEmail: ['string', 1], principalSubject: ['string', 8] }),
  AuthorizationInfo: message({ resource: ['string', 1], permission: ['string', 2], granted: ['bool', 3] }),
  RequestMetadata: message({ callerIp: ['string', 1], callerSuppliedUserAgent: ['string', 2] }),
};
const retryInfo = message({ retryDelay: ['google.protobuf.Duration', 1] });

interface ProtoNamespace {
  readonly nested: Record<string, ProtoNamespace>;
}

/** The definitions the SDK is generated from, which it ships as JSON. */
function load(): PackageDefinition {
  const path = require.resolve('@google-cloud/logging-api/build/protos/protos.json');
  const root = JSON.parse(readFileSync(path, 'utf8')) as ProtoNamespace;
  const google = root.nested.google!;
  google.nested.cloud = { nested: { audit: { nested: audit as unknown as ProtoNamespace['nested'] } } };
  google.nested.rpc!.nested.RetryInfo = retryInfo as ProtoNamespace;
  return fromJSON(root, { longs: String, enums: String, oneofs: true, defaults: true });
}

const definitions = load();

/** google.logging.v2.LoggingServiceV2. */
export const loggingService = serviceNamed('google.logging.v2.LoggingServiceV2');

function serviceNamed(name: string): ServiceDefinition {
  const definition = definitions[name];
  if (definition === undefined || 'format' in definition) throw new TypeError(`${name} is no gRPC service.`);
  return definition;
}

/** Encodes a message given in its object form. */
export function encode(typeName: string, value: object): Buffer {
  const definition = definitions[typeName];
  if (definition === undefined || !('serialize' in definition) || typeof definition.serialize !== 'function') {
    throw new TypeError(`${typeName} is no message.`);
  }
  return definition.serialize(value);
}
