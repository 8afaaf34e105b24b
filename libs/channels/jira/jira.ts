import { z } from 'zod';
import type { Channel, ChannelDefinition, SendOutcome } from '../channel.ts';
import { ChannelError } from '../channel-error.ts';
import { httpUrl, secret, text } from '../config-fields.ts';
import type { Message, MessageItem } from '../message.ts';
import { messageText } from '../message-text.ts';
import { type HttpAnswer, type Outgoing, refusalOf } from '../outgoing/outgoing.ts';
import { jiraDocument } from './document.ts';

const config = z.strictObject({
  url: httpUrl().describe('The site: https://….atlassian.net'),
  email: z.email('must be an e-mail address').max(254).describe('Account that the API token belongs to.'),
  api_token: secret().describe('API token of that account.'),
  project_key: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{1,79}$/, 'must be the key of a project, such as OPS')
    .describe('Project that gets the issues.'),
  issue_type: text(100).default('Task').describe('Name of the kind of issue.'),
});

/**
 * Jira Cloud, REST version 3. What fires becomes an issue with the label `tailrace-<alert id>`; what resolves becomes a
 * comment on the issue with that label, and nothing where there is none (any more). Jira takes no idempotency key, so an
 * issue carries the label `tailrace-<key of the message>` too, and one that has it already is taken for the answer. So does
 * an issue that was commented on; a crash right between the two, or an account that may not edit issues, can make the
 * comment twice.
 */
export const jira: ChannelDefinition<typeof config> = {
  type: 'jira',
  configSchema: config,
  fields: {
    url: { addressOf: ['api_token'] },
    email: 'setting',
    api_token: 'secret',
    project_key: 'setting',
    issue_type: 'setting',
  },
  largestGroup: 10,
  endpoints: ({ url }) => [{ field: 'url', url }],
  open: (settings, { outgoing }) => new JiraChannel(settings, outgoing),
};

/** Jira's limit of a label is 255 characters, of an issue's summary as well. */
const summaryCharacters = 250;
/** Alerts of one message that get a label, so that their resolution finds the issue. */
const labelledAlerts = 50;

const created = z.looseObject({ key: z.string() });
const fields = z.looseObject({ labels: z.array(z.string()).default([]) }).default({ labels: [] });
const issueSchema = z.looseObject({ key: z.string(), fields });
const found = z.looseObject({ issues: z.array(issueSchema) });
type Issue = z.output<typeof issueSchema>;

class JiraChannel implements Channel {
  readonly #config: z.output<typeof config>;
  readonly #outgoing: Outgoing;

  constructor(settings: z.output<typeof config>, outgoing: Outgoing) {
    this.#config = settings;
    this.#outgoing = outgoing;
  }

  async send(message: Message, { signal }: { readonly signal: AbortSignal }): Promise<SendOutcome> {
    const [first, ...rest] = message.items.filter(({ transition }) => transition !== 'resolved');
    const answers: string[] = [];
    if (first !== undefined) answers.push(await this.#create({ ...message, items: [first, ...rest] }, signal));
    for (const item of message.items) {
      if (item.transition === 'resolved') answers.push(await this.#comment(message, item, signal));
    }
    return { answer: answers.join('; ').slice(0, 300) };
  }

  async #create(message: Message, signal: AbortSignal): Promise<string> {
    const label = `tailrace-${message.idempotencyKey}`;
    const existing = await this.#find(label, signal);
    if (existing !== undefined) return `${existing.key} was created before`;
    const { project_key, issue_type } = this.#config;
    const document = messageText(message);
    const alerts = new Set(message.items.slice(0, labelledAlerts).map(({ alert }) => labelOf(alert.id)));
    const answer = await this.#call('POST', 'issue', signal, {
      fields: {
        project: { key: project_key },
        issuetype: { name: issue_type },
        summary: document.title.slice(0, summaryCharacters),
        description: jiraDocument(document),
        labels: ['tailrace', label, ...alerts],
      },
    });
    return `created ${parsed(created, answer).key}`;
  }

  async #comment(message: Message, item: MessageItem, signal: AbortSignal): Promise<string> {
    const issue = await this.#find(labelOf(item.alert.id), signal);
    if (issue === undefined) return `no issue of ${item.alert.id} to comment on`;
    const told = toldLabel(item);
    if (issue.fields.labels.includes(told)) return `${issue.key} was commented on before`;
    const path = `issue/${encodeURIComponent(issue.key)}`;
    const body = jiraDocument(messageText({ ...message, items: [item] }));
    await this.#call('POST', `${path}/comment`, signal, { body });
    return `commented on ${issue.key}${await this.#mark(path, told, signal)}`;
  }

  /**
   * Labels an issue as commented on. A refusal (the account may not edit issues, the project has no labels) fails nothing:
   * the comment is there, and to try again would repeat it.
   * @returns what the delivery log is to say of it.
   */
  async #mark(path: string, label: string, signal: AbortSignal): Promise<string> {
    try {
      await this.#call('PUT', path, signal, { update: { labels: [{ add: label }] } });
      return '';
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      return `, which took no label: ${error.message.slice(0, 100)}`;
    }
  }

  /** The newest issue with the label. */
  async #find(label: string, signal: AbortSignal): Promise<Issue | undefined> {
    const jql = `project = "${this.#config.project_key}" AND labels = "${label}" ORDER BY created DESC`;
    const query = new URLSearchParams({ jql, maxResults: '1', fields: 'key,labels' });
    const answer = await this.#call('GET', `search/jql?${query}`, signal);
    return parsed(found, answer).issues[0];
  }

  async #call(method: 'GET' | 'POST' | 'PUT', path: string, signal: AbortSignal, body?: unknown): Promise<HttpAnswer> {
    const { url, email, api_token: token } = this.#config;
    const basic = Buffer.from(`${email}:${token}`).toString('base64');
    const answer = await this.#outgoing.request(`${url.replace(/\/+$/, '')}/rest/api/3/${path}`, {
      method,
      headers: {
        accept: 'application/json',
        authorization: `Basic ${basic}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal,
    });
    const refusal = refusalOf(answer, [token, basic]);
    if (refusal) throw refusal;
    return answer;
  }
}

/** An alert's ids hold no spaces, which labels may not have. */
function labelOf(alertId: string): string {
  return `tailrace-${alertId.replaceAll(/[^\w-]/g, '_')}`;
}

/** What a repeat of the comment is recognised by; another one each time that a person asks for it again. */
function toldLabel({ id, resends = 0 }: MessageItem): string {
  return `tailrace-told-${id}${resends === 0 ? '' : `.${resends}`}`;
}

function parsed<Schema extends z.ZodType>(schema: Schema, answer: HttpAnswer): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(answer.body));
  } catch (cause) {
    const help = 'Check url: what answers there is not Jira Cloud.';
    throw new ChannelError('channel_refused', `${answer.status}: the answer is not Jira’s`, { help, cause });
  }
}
