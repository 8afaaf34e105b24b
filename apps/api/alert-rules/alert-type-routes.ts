import type { RuleKinds } from '@tailrace/alert-rules/rule-kind.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import { z } from 'zod';

const view = z.object({
  alert_type: z.string(),
  title: z.string().describe('What people choose it by.'),
  summary: z.string().describe('A rule’s condition in words, with fields of its conditions in braces.'),
  conditions_schema: z
    .record(z.string(), z.unknown())
    .describe('JSON Schema of conditions, as they are stored: a field’s title is its label.'),
  group_by: z.string().nullable().describe('What it always groups by; such a rule takes no group_by of its own.'),
});

/** What kinds of alert rules there are, and what each wants to know: for forms and for people. */
export function alertTypeRoutes(scope: HttpServer, kinds: RuleKinds): void {
  const views = [...kinds.values()].map(({ type, title, summary, conditionsSchema, groupBy = null }) => ({
    alert_type: type,
    title,
    summary,
    conditions_schema: { ...z.toJSONSchema(conditionsSchema, { io: 'output', unrepresentable: 'any' }) },
    group_by: groupBy,
  }));
  scope.get(
    '/alert-types',
    {
      schema: {
        tags: ['alert rules'],
        summary: 'The kinds of alert rules and the fields of their conditions.',
        response: { 200: z.object({ alert_types: z.array(view) }) },
      },
    },
    async () => ({ alert_types: views }),
  );
}
