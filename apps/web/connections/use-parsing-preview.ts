import type { AnswerOf } from '@tailrace/http/client/api-calls.ts';
import type { ParsingRule } from '@tailrace/http/contract/generated.ts';
import { useEffect, useState } from 'react';
import { useApp } from '../ui/app-context.ts';
import { type FormLabels, type FormProblems, problemsOfError } from '../ui/form/form-problems.ts';

export interface ParsingPreview {
  /** The newest that came: of rules of before while others are asked about, or while they cannot be used. */
  readonly answer: AnswerOf<'POST connections/{id}/parsing/preview'> | undefined;
  /** What is wrong with the rules as they are written now. */
  readonly problems: FormProblems | undefined;
  readonly isAsking: boolean;
}

interface Asked {
  readonly connectionId: string;
  readonly rules: readonly ParsingRule[];
  /** To try them on, one a line; empty for the last stored ones. */
  readonly lines: string;
  readonly labels: FormLabels;
}

/** How long nobody has written before it is asked. */
const settleMs = 350;
const mostLines = 100;

/** What becomes of lines by rules that are being written. */
export function useParsingPreview({ connectionId, rules, lines, labels }: Asked): ParsingPreview {
  const { api } = useApp();
  const [state, setState] = useState<ParsingPreview>({ answer: undefined, problems: undefined, isAsking: true });
  const question = JSON.stringify({ rules, lines });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the question holds the rules and their labels
  useEffect(() => {
    const stop = new AbortController();
    setState((before) => ({ ...before, isAsking: true }));
    const timer = setTimeout(async () => {
      const given = lines.split('\n').filter((line) => line.trim() !== '');
      try {
        const answer = await api.call('POST connections/{id}/parsing/preview', {
          path: { id: connectionId },
          body: { parsing_rules: rules, ...(given.length > 0 && { lines: given.slice(0, mostLines) }) },
          signal: stop.signal,
        });
        if (!stop.signal.aborted) setState({ answer, problems: undefined, isAsking: false });
      } catch (error) {
        if (stop.signal.aborted) return;
        setState((before) => ({ ...before, problems: problemsOfError(error, labels), isAsking: false }));
      }
    }, settleMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [api, connectionId, question]);
  return state;
}
