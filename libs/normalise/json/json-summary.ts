import type { Draft } from '../draft.ts';

type Attributes = Readonly<Record<string, string>>;

/** Names under which access logs in JSON have a request: nginx, Traefik, Envoy, API Gateway, AWS WAF, Caddy. */
const methods = [
  'http.request.method',
  'httpMethod',
  'httpRequest.httpMethod',
  'RequestMethod',
  'request_method',
  'method',
];
const targets = [
  'url.path',
  'httpRequest.uri',
  'RequestPath',
  'request_uri',
  'requestUri',
  'resourcePath',
  'routeKey',
  'request.uri',
  'path',
  'uri',
];
const statuses = [
  'http.response.status_code',
  'DownstreamStatus',
  'response_code',
  'responseCode',
  'status_code',
  'statusCode',
  'status',
];

/**
 * What stands for people in the place of a message that a JSON record has not: what happened to whom, from the fields of
 * services that write no sentence. Undefined where none of these is known.
 */
export function summaryOf({ attributes }: Draft): string | undefined {
  return (
    wafSummary(attributes) ??
    resolverSummary(attributes) ??
    guardDutySummary(attributes) ??
    stepFunctionsSummary(attributes) ??
    requestSummary(attributes)
  );
}

/** @see https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html */
function wafSummary(attributes: Attributes): string | undefined {
  if (attributes.webaclId === undefined || attributes.action === undefined) return undefined;
  return join(attributes.action, requestSummary(attributes), 'by', attributes.terminatingRuleId);
}

/** @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html */
function resolverSummary(attributes: Attributes): string | undefined {
  if (attributes.query_name === undefined || attributes.rcode === undefined) return undefined;
  return join(attributes.query_type, attributes.query_name, attributes.rcode);
}

/** @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-format.html */
function guardDutySummary(attributes: Attributes): string | undefined {
  const prefix = attributes['detail.schemaVersion'] === undefined ? '' : 'detail.';
  const title = attributes[`${prefix}title`];
  if (attributes[`${prefix}schemaVersion`] === undefined || title === undefined) return attributes['detail-type'];
  return join(title, attributes[`${prefix}type`] === undefined ? undefined : `(${attributes[`${prefix}type`]})`);
}

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html */
function stepFunctionsSummary(attributes: Attributes): string | undefined {
  const { execution_arn: execution, type } = attributes;
  if (execution === undefined || type === undefined) return undefined;
  return join(type, attributes['details.name'], attributes['details.error'], attributes['details.cause']);
}

function requestSummary(attributes: Attributes): string | undefined {
  const method = first(attributes, methods);
  const target = first(attributes, targets);
  if (method === undefined || target === undefined || !/^[A-Z]{3,16}$/.test(method)) return undefined;
  // API Gateway's route key has the method in it.
  return join(target.startsWith(`${method} `) ? undefined : method, target, first(attributes, statuses));
}

function first(attributes: Attributes, names: readonly string[]): string | undefined {
  const name = names.find((one) => attributes[one] !== undefined);
  return name === undefined ? undefined : attributes[name];
}

function join(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' ');
}
