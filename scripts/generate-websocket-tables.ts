import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { frames } from '@tailrace/http/contract/frames.ts';
import { z } from 'zod';

/** `node scripts/generate-websocket-tables.ts` writes the tables of frames into docs/websocket.md, between their markers, from the frames' schemas. */
const page = join(import.meta.dirname, '..', 'docs', 'websocket.md');

const frameSchema = z.looseObject({
  description: z.string(),
  properties: z.record(z.string(), z.looseObject({ const: z.unknown().optional() })),
  required: z.array(z.string()),
});
const framesSchema = z.looseObject({ oneOf: z.array(frameSchema) });

/** docs/websocket.md as it should be. @throws when its markers are missing. */
export function websocketPage(): string {
  const text = readFileSync(page, 'utf8');
  const withServer = between(text, 'server-frames', tableOf('ServerFrame'));
  return between(withServer, 'client-frames', tableOf('ClientFrame'));
}

function tableOf(name: keyof typeof frames): string {
  const { $defs } = z.toJSONSchema(frames[name], { io: 'input' });
  const rows = framesSchema.parse($defs?.[name]).oneOf.map(({ description, properties, required }) => {
    const fields = Object.keys(properties).map((field) => (required.includes(field) ? field : `${field}?`));
    const [, ...others] = fields;
    return `| \`{${[`type:"${properties.type?.const}"`, ...others].join(', ')}}\` | ${description.replaceAll('|', '\\|')} |`;
  });
  return ['| frame | |', '|---|---|', ...rows].join('\n');
}

function between(text: string, marker: string, content: string): string {
  const [begin, end] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/websocket.md lacks the markers ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}

if (import.meta.main) writeFileSync(page, websocketPage());
