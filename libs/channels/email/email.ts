import type { ChannelDefinition, Endpoint } from '../channel.ts';
import { type EmailConfig, emailConfig } from './config.ts';
import { mailOf } from './mail.ts';
import { sendSendGrid } from './sendgrid.ts';
import { sendSes } from './ses/ses.ts';
import { sendSmtp } from './smtp.ts';

const transports = { smtp: sendSmtp, sendgrid: sendSendGrid, ses: sendSes } as const;

/** E-mail with a plain and an HTML part, by a mail server, SendGrid or Amazon SES. */
export const email: ChannelDefinition<typeof emailConfig> = {
  type: 'email',
  configSchema: emailConfig,
  secretFields: ['smtp_password', 'sendgrid_api_key', 'ses_secret_access_key'],
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
