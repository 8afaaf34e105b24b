import protobuf from 'protobufjs';

/**
 * The payload of audit logs, which travels as bytes with a type's name. Field numbers are those of
 * https://github.com/googleapis/googleapis/blob/master/google/cloud/audit/audit_log.proto; fields that are not listed
 * are skipped.
 */
const root = protobuf.Root.fromJSON({
  nested: {
    ...protobuf.common.get('google/protobuf/struct.proto')?.nested,
    audit: {
      nested: {
        AuditLog: {
          fields: {
            serviceName: { type: 'string', id: 7 },
            methodName: { type: 'string', id: 8 },
            resourceName: { type: 'string', id: 11 },
            numResponseItems: { type: 'int64', id: 12 },
            status: { type: 'Status', id: 2 },
            authenticationInfo: { type: 'AuthenticationInfo', id: 3 },
            authorizationInfo: { rule: 'repeated', type: 'AuthorizationInfo', id: 9 },
            requestMetadata: { type: 'RequestMetadata', id: 4 },
            request: { type: 'google.protobuf.Struct', id: 16 },
            response: { type: 'google.protobuf.Struct', id: 17 },
            metadata: { type: 'google.protobuf.Struct', id: 18 },
          },
        },
        Status: { fields: { code: { type: 'int32', id: 1 }, message: { type: 'string', id: 2 } } },
        AuthenticationInfo: {
          fields: { principalEmail: { type: 'string', id: 1 }, principalSubject: { type: 'string', id: 8 } },
        },
        AuthorizationInfo: {
          fields: {
            resource: { type: 'string', id: 1 },
            permission: { type: 'string', id: 2 },
            granted: { type: 'bool', id: 3 },
          },
        },
        RequestMetadata: {
          fields: { callerIp: { type: 'string', id: 1 }, callerSuppliedUserAgent: { type: 'string', id: 2 } },
        },
      },
    },
  },
});
const auditLog = root.lookupType('audit.AuditLog');

/** Reads an AuditLog. @throws when the bytes are none. */
export function decodeAuditLog(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  return auditLog.toObject(auditLog.decode(bytes), { longs: String, enums: String });
}
