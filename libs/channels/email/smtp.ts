import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { createTransport } from 'nodemailer';
import { ChannelError, type ChannelFailure } from '../channel-error.ts';
import { type Outgoing, printable } from '../outgoing/outgoing.ts';
import type { EmailConfig } from './config.ts';
import type { Mail } from './mail.ts';

/** Longest silence of a mail server within a session; the sender's own time limit is usually shorter. */
const silenceMs = 30_000;

/** Hands a mail to a mail server. @throws ChannelError by the server's reply code (RFC 5321, 4.2.1). */
export async function sendSmtp(
  config: EmailConfig,
  mail: Mail,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<string> {
  const host = (config.smtp_host ?? '').replace(/^\[|\]$/g, '');
  const { smtp_port: port, smtp_user: user, smtp_password: password = '' } = config;
  const tls = tlsOf(config);
  if (tls === 'none' && !outgoing.policy.isAllowed(host, port)) {
    const help = `Ask the operator to add ${host}:${port} to NOTIFICATION_ENDPOINT_ALLOWLIST, or use TLS.`;
    throw new ChannelError('channel_refused', 'smtp_tls none is only for hosts the operator allows', { help });
  }
  // The transport is given a socket that is connected already, so that it looks nothing up by itself.
  const connection = await outgoing.connect(host, port, signal);
  const abort = () => connection.destroy(new Error('given up on before it answered'));
  signal.addEventListener('abort', abort, { once: true });
  const transport = createTransport({
    host,
    port,
    connection,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    greetingTimeout: silenceMs,
    socketTimeout: silenceMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    tls: { servername: host },
    ...(user !== undefined && { auth: { user, pass: password } }),
  });
  try {
    if (signal.aborted) abort();
    const { response } = await transport.sendMail({
      from: config.from,
      to: config.to,
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      messageId: mail.messageId,
      headers: { ...mail.headers },
    });
    return printable(response, [password]);
  } catch (error) {
    throw smtpFailure(error, [password]);
  } finally {
    signal.removeEventListener('abort', abort);
    transport.close();
    connection.destroy();
  }
}

/** How the connection is protected: as configured, else as the port's custom is. */
function tlsOf({ smtp_tls: tls, smtp_port: port }: EmailConfig): 'implicit' | 'starttls' | 'none' {
  return tls ?? (port === 465 ? 'implicit' : 'starttls');
}

function smtpFailure(error: unknown, secrets: readonly string[]): ChannelError {
  if (error instanceof ChannelError) return error;
  const said = printable(messageOf(error), secrets);
  const failure = failureOf(error);
  const help = failure === 'channel_refused' ? { help: 'Check smtp_host, smtp_user, smtp_password, from and to.' } : {};
  return new ChannelError(failure, said, help);
}

function failureOf(error: unknown): ChannelFailure {
  const code = property(error, 'code');
  const reply = property(error, 'responseCode');
  if (code === 'EAUTH' || code === 'ETLS' || code === 'EENVELOPE') {
    return typeof reply === 'number' && reply < 500 ? 'busy' : 'channel_refused';
  }
  if (typeof reply !== 'number') return 'unreachable';
  // 421 and 45x: later. 552 and 554 are about the message; other refusals about who sends or receives.
  if (reply < 500) return 'busy';
  return reply === 552 || reply === 554 || code === 'EMESSAGE' ? 'message_refused' : 'channel_refused';
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
