import protobuf from 'protobufjs';
import { messageJson } from './proto-json.ts';

type FieldList = Readonly<Record<string, readonly [type: string, id: number]>>;

/** Fields as `name: [type, number]`; `[type]` is repeated, `{type}` a map from text to it. */
function message(fields: FieldList): protobuf.IType {
  const described = Object.entries(fields).map(([name, [type, id]]) => {
    const inner = type.replaceAll(/[[\]{}]/g, '');
    if (type.startsWith('[')) return [name, { rule: 'repeated', type: inner, id }];
    if (type.startsWith('{')) return [name, { keyType: 'string', type: inner, id }];
    return [name, { type, id }];
  });
  return { fields: Object.fromEntries(described) };
}

/**
 * The payload of audit logs, which travels as bytes with a type's name. Field numbers are those of googleapis,
 * google/cloud/audit/audit_log.proto and google/rpc/context/attribute_context.proto; what is not listed is skipped.
 */
const root = protobuf.Root.fromJSON({
  nested: {
    google: {
      nested: {
        protobuf: {
          nested: {
            ...wellKnown('struct'),
            ...wellKnown('timestamp'),
            ...wellKnown('any'),
          },
        },
      },
    },
    AuditLog: message({
      serviceName: ['string', 7],
      methodName: ['string', 8],
      resourceName: ['string', 11],
      resourceLocation: ['ResourceLocation', 20],
      resourceOriginalState: ['google.protobuf.Struct', 19],
      numResponseItems: ['int64', 12],
      status: ['Status', 2],
      authenticationInfo: ['AuthenticationInfo', 3],
      authorizationInfo: ['[AuthorizationInfo]', 9],
      policyViolationInfo: ['PolicyViolationInfo', 25],
      requestMetadata: ['RequestMetadata', 4],
      request: ['google.protobuf.Struct', 16],
      response: ['google.protobuf.Struct', 17],
      metadata: ['google.protobuf.Struct', 18],
      serviceData: ['google.protobuf.Any', 15],
    }),
    Status: message({ code: ['int32', 1], message: ['string', 2], details: ['[google.protobuf.Any]', 3] }),
    ResourceLocation: message({ currentLocations: ['[string]', 1], originalLocations: ['[string]', 2] }),
    AuthenticationInfo: message({
      principalEmail: ['string', 1],
      authoritySelector: ['string', 2],
      thirdPartyPrincipal: ['google.protobuf.Struct', 4],
      serviceAccountKeyName: ['string', 5],
      serviceAccountDelegationInfo: ['[ServiceAccountDelegationInfo]', 6],
      principalSubject: ['string', 8],
    }),
    ServiceAccountDelegationInfo: message({
      firstPartyPrincipal: ['FirstPartyPrincipal', 1],
      thirdPartyPrincipal: ['ThirdPartyPrincipal', 2],
      principalSubject: ['string', 3],
    }),
    FirstPartyPrincipal: message({ principalEmail: ['string', 1], serviceMetadata: ['google.protobuf.Struct', 2] }),
    ThirdPartyPrincipal: message({ thirdPartyClaims: ['google.protobuf.Struct', 1] }),
    AuthorizationInfo: message({
      resource: ['string', 1],
      permission: ['string', 2],
      granted: ['bool', 3],
      resourceAttributes: ['Resource', 5],
    }),
    PolicyViolationInfo: message({ orgPolicyViolationInfo: ['OrgPolicyViolationInfo', 1] }),
    OrgPolicyViolationInfo: message({
      payload: ['google.protobuf.Struct', 1],
      resourceType: ['string', 2],
      resourceTags: ['{string}', 3],
      violationInfo: ['[ViolationInfo]', 4],
    }),
    ViolationInfo: message({ constraint: ['string', 1], errorMessage: ['string', 2], checkedValue: ['string', 3] }),
    RequestMetadata: message({
      callerIp: ['string', 1],
      callerSuppliedUserAgent: ['string', 2],
      callerNetwork: ['string', 3],
      requestAttributes: ['Request', 7],
      destinationAttributes: ['Peer', 8],
    }),
    Resource: message({ service: ['string', 1], name: ['string', 2], type: ['string', 3], labels: ['{string}', 4] }),
    Peer: message({
      ip: ['string', 1],
      port: ['int64', 2],
      labels: ['{string}', 6],
      principal: ['string', 7],
      regionCode: ['string', 8],
    }),
    Request: message({
      id: ['string', 1],
      method: ['string', 2],
      headers: ['{string}', 3],
      path: ['string', 4],
      host: ['string', 5],
      scheme: ['string', 6],
      query: ['string', 7],
      time: ['google.protobuf.Timestamp', 9],
      size: ['int64', 10],
      protocol: ['string', 11],
      reason: ['string', 12],
      auth: ['Auth', 13],
    }),
    Auth: message({
      principal: ['string', 1],
      audiences: ['[string]', 2],
      presenter: ['string', 3],
      claims: ['google.protobuf.Struct', 4],
      accessLevels: ['[string]', 5],
    }),
  },
});
root.resolveAll();
const auditLog = root.lookupType('AuditLog');

/** Reads an AuditLog as JSON. @throws when the bytes are none. */
export function decodeAuditLog(bytes: Uint8Array): Record<string, unknown> {
  return messageJson(auditLog, auditLog.decode(bytes));
}

function wellKnown(file: string): Record<string, protobuf.AnyNestedObject> {
  const definitions = protobuf.common.get(`google/protobuf/${file}.proto`);
  const google = definitions?.nested?.google;
  const types = google && 'nested' in google ? google.nested?.protobuf : undefined;
  return types && 'nested' in types ? (types.nested ?? {}) : {};
}
