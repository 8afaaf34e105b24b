import { answerText, type Outgoing, refusalOf } from '../outgoing/outgoing.ts';
import type { EmailConfig } from './config.ts';
import type { Mail } from './mail.ts';

/** SendGrid's mail/send (https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send). @throws ChannelError */
export async function sendSendGrid(
  config: EmailConfig,
  mail: Mail,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<string> {
  const key = config.sendgrid_api_key ?? '';
  const answer = await outgoing.request(`${config.sendgrid_endpoint.replace(/\/+$/, '')}/v3/mail/send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({
      personalizations: [{ to: config.to.map((email) => ({ email })) }],
      from: { email: config.from },
      subject: mail.subject,
      // The plain part must come first.
      content: [
        { type: 'text/plain', value: mail.text },
        { type: 'text/html', value: mail.html },
      ],
      headers: { ...mail.headers, 'Message-ID': mail.messageId },
    }),
    signal,
  });
  const refusal = refusalOf(answer, [key]);
  if (refusal) throw refusal;
  return answerText(answer, [key]);
}
