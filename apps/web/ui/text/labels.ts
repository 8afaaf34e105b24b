/** How parts of a name are written. */
const words: Readonly<Record<string, string>> = {
  id: 'ID',
  url: 'URL',
  json: 'JSON',
  ms: '(ms)',
  arn: 'ARN',
  api: 'API',
  smtp: 'SMTP',
  tls: 'TLS',
  kql: 'KQL',
  aws: 'AWS',
};

/** A field's name as a person reads it: `access_key_id` is `Access key ID`. */
export function labelOf(name: string): string {
  const text = name
    .split('_')
    .map((part) => words[part] ?? part)
    .join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
