import type { ChannelDefinition, Endpoint } from '../channel.ts';
import { type EmailConfig, emailConfig } from './config.ts';
import { mailOf } from './mail.ts';
import { sendSendGrid } from './sendgrid.ts';
import { sendSes } from './ses/ses.ts';
import { sendSmtp } from './smtp.ts';

/** Which secret goes with which provider. */
const secretOf = { smtp: 'smtp_password', sendgrid: 'sendgrid_api_key', ses: 'ses_secret_access_key' } as const;

const transports = { smtp: sendSmtp, sendgrid: sendSendGrid, ses: sendSes } as const;

/** E-mail with a plain and an HTML part, by a mail server, SendGrid or Amazon SES. */
export const email: ChannelDefinition<typeof emailConfig> = {
  type: 'email',
  configSchema: emailConfig,
  fields: {
    from: 'setting',
    to: 'setting',
    // Each provider's secret has a field and an address of its own, so a change of the provider alone moves none.
    provider: 'setting',
    smtp_host: { addressOf: ['smtp_password'] },
    smtp_port: { addressOf: ['smtp_password'] },
    smtp_tls: { addressOf: ['smtp_password'] },
    smtp_user: 'setting',
    smtp_password: 'secret',
    sendgrid_api_key: 'secret',
    sendgrid_endpoint: { addressOf: ['sendgrid_api_key'] },
    // Every region's host is one of Amazon's own.
    ses_region: 'setting',
    ses_access_key_id: 'setting',
    ses_secret_access_key: 'secret',
    ses_endpoint: { addressOf: ['ses_secret_access_key'] },
  },
  unusedSecrets: ({ provider = 'smtp' }) =>
    Object.entries(secretOf).flatMap(([each, secret]) => (each === provider ? [] : [secret])),
  endpoints: endpointsOf,
  open: (config, { outgoing }) => ({
    async send(message, { signal }) {
      const mail = mailOf(message, config.from);
      return { answer: await transports[config.provider](config, mail, outgoing, signal) };
    },
  }),
};

function endpointsOf(config: EmailConfig): readonly Endpoint[] {
  if (config.provider === 'smtp') {
    return [{ field: 'smtp_host', url: `smtp://${config.smtp_host}:${config.smtp_port}` }];
  }
  if (config.provider === 'sendgrid') return [{ field: 'sendgrid_endpoint', url: config.sendgrid_endpoint }];
  return config.ses_endpoint === undefined ? [] : [{ field: 'ses_endpoint', url: config.ses_endpoint }];
}
