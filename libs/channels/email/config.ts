import { required } from '@tailrace/config/required.ts';
import { z } from 'zod';
import { httpUrl, secret, text } from '../config-fields.ts';

const address = () =>
  z
    .email('must be an e-mail address')
    .max(254)
    .regex(/^\P{Cc}+$/u);

const common = {
  from: address().describe('Sender.'),
  to: z
    .array(address(), { error: required('must be a list of e-mail addresses') })
    .min(1, 'must name at least one address')
    .max(50, 'must name at most 50 addresses')
    .describe('Receivers.'),
};

const fieldsOf = {
  smtp: ['smtp_host'],
  sendgrid: ['sendgrid_api_key'],
  ses: ['ses_region', 'ses_access_key_id', 'ses_secret_access_key'],
} as const;

/** One flat object, so that a form and the secrets beside it stay simple; which fields go with which provider is checked. */
export const emailConfig = z
  .strictObject({
    ...common,
    provider: z.enum(['smtp', 'sendgrid', 'ses']).default('smtp').describe('Who takes the mail.'),
    smtp_host: text(253)
      .regex(/^(\[[0-9a-fA-F:.]+\]|[\w.-]+)$/, 'must be the name of a host')
      .optional()
      .describe('Mail server, of smtp.'),
    smtp_port: z.int().min(1).max(65_535).default(587).describe('465 for implicit TLS, 587 for STARTTLS.'),
    smtp_tls: z
      .enum(['implicit', 'starttls', 'none'])
      .optional()
      .describe('Default: implicit at port 465, else starttls. none only at hosts the operator allows.'),
    smtp_user: text(320).optional().describe('Login; none when left out.'),
    smtp_password: z
      .string()
      .max(1000)
      .regex(/^\P{Cc}+$/u, 'must not hold control characters')
      .optional()
      .describe('Its password.'),
    sendgrid_api_key: secret().optional().describe('API key with the permission Mail Send.'),
    sendgrid_endpoint: httpUrl()
      .default('https://api.sendgrid.com')
      .describe('https://api.eu.sendgrid.com for accounts in the EU.'),
    ses_region: text(30)
      .regex(/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/, 'must be a region such as eu-central-1')
      .optional(),
    ses_access_key_id: text(128)
      .regex(/^[A-Z0-9]{16,128}$/, 'must be 16 to 128 capital letters and digits, as in AKIA…')
      .optional(),
    ses_secret_access_key: secret(256).optional(),
    ses_endpoint: httpUrl().optional().describe('Another endpoint than the region’s own.'),
  })
  .superRefine((config, context) => {
    const issue = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    for (const field of fieldsOf[config.provider]) {
      if (config[field] === undefined) issue(field, `is required with provider ${config.provider}`);
    }
    if ((config.smtp_user === undefined) !== (config.smtp_password === undefined)) {
      issue(config.smtp_user === undefined ? 'smtp_user' : 'smtp_password', 'is required beside the other one');
    }
  });

export type EmailConfig = z.output<typeof emailConfig>;
