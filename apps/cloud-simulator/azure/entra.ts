import type { Clock } from '../clock.ts';
import type { Fault } from '../faults/fault.ts';
import type { HttpAnswer, HttpRequest } from '../wire/http-service.ts';
import { issueAccessToken } from './access-token.ts';

/** An application registered in the simulated tenant. */
export interface AzureClient {
  readonly clientId: string;
  readonly clientSecret: string;
  /** `denied` gets tokens, but may not query; `expired` has a secret that is out of its time. */
  readonly state: 'active' | 'denied' | 'expired';
}

interface EntraParts {
  readonly clock: Clock;
  readonly tenantId: string;
  readonly clients: readonly AzureClient[];
  readonly tokenLifetimeSeconds: number;
}

/** Microsoft Entra ID as far as the client-credentials flow needs it. */
export class Entra {
  readonly #parts: EntraParts;

  constructor(parts: EntraParts) {
    this.#parts = parts;
  }

  /** The OpenID configuration, whose endpoints are on the authority the client asked. */
  openid(request: HttpRequest, tenant: string): HttpAnswer {
    if (tenant !== this.#parts.tenantId)
      return this.#refusal(400, 'invalid_tenant', 90002, `Tenant '${tenant}' not found.`);
    const authority = `https://${request.headers.host}/${tenant}`;
    return json(200, 'ok', {
      token_endpoint: `${authority}/oauth2/v2.0/token`,
      authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
      jwks_uri: `${authority}/discovery/v2.0/keys`,
      issuer: `${authority}/v2.0`,
      token_endpoint_auth_methods_supported: ['client_secret_post'],
      response_types_supported: ['code'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid'],
    });
  }

  token(request: HttpRequest, tenant: string, fault: Fault | undefined): HttpAnswer {
    const form = new URLSearchParams(request.body.toString());
    const clientId = form.get('client_id') ?? '';
    if (tenant !== this.#parts.tenantId)
      return this.#refusal(400, 'invalid_tenant', 90002, `Tenant '${tenant}' not found.`);
    if (form.get('grant_type') !== 'client_credentials') {
      return this.#refusal(400, 'unsupported_grant_type', 70003, 'The app requested an unsupported grant type.');
    }
    const client = this.#parts.clients.find((known) => known.clientId === clientId);
    if (client === undefined) {
      return this.#refusal(
        400,
        'unauthorized_client',
        700016,
        `Application with identifier '${clientId}' was not found in the directory 'Simulated'.`,
      );
    }
    if (client.clientSecret !== form.get('client_secret')) {
      const hint = 'Ensure the secret being sent in the request is the client secret value, not the client secret ID';
      return this.#refusal(
        401,
        'invalid_client',
        7000215,
        `Invalid client secret provided. ${hint}, for app '${clientId}'.`,
      );
    }
    if (client.state === 'expired' || fault?.kind === 'expired-credentials') {
      return this.#refusal(
        401,
        'invalid_client',
        7000222,
        `The provided client secret keys for app '${clientId}' are expired.`,
      );
    }
    return this.#issue(clientId, tenant, form.get('scope') ?? '');
  }

  #issue(clientId: string, tenant: string, scope: string): HttpAnswer {
    const lifetime = this.#parts.tokenLifetimeSeconds;
    const token = issueAccessToken({
      aud: scope.replace(/\/\.default$/, ''),
      appid: clientId,
      tid: tenant,
      exp: Math.floor(this.#parts.clock.now() / 1000) + lifetime,
    });
    return json(200, 'ok', {
      token_type: 'Bearer',
      expires_in: lifetime,
      ext_expires_in: lifetime,
      access_token: token,
    });
  }

  #refusal(status: number, error: string, code: number, description: string): HttpAnswer {
    const now = new Date(this.#parts.clock.now()).toISOString().replace('T', ' ').slice(0, 19);
    const trace = '00000000-0000-4000-8000-000000000000';
    return json(status, `AADSTS${code}`, {
      error,
      error_description: `AADSTS${code}: ${description} Trace ID: ${trace} Correlation ID: ${trace} Timestamp: ${now}Z`,
      error_codes: [code],
      timestamp: `${now}Z`,
      trace_id: trace,
      correlation_id: trace,
    });
  }
}

function json(status: number, outcome: string, body: object): HttpAnswer {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  return { status, outcome, headers, body: JSON.stringify(body) };
}
