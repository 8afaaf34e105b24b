import { severityOfWord } from '@tailrace/log-record/severity.ts';
import { Draft } from '../../draft.ts';
import { readPairs } from '../pairs.ts';
import type { TextParser } from '../text-parser.ts';

const headPattern = / \[(TRACE|DEBUG|INFO|WARN|ERROR)\] {1,2}(?:([\w.-]{1,200}): )?/y;

/**
 * `2026-11-30T11:22:33.123Z [INFO]  agent.server: message: key=value`, of Vault, Consul, Nomad and Terraform.
 * @see https://pkg.go.dev/github.com/hashicorp/go-hclog
 */
export const hclog: TextParser = {
  name: 'hclog',
  read({ text, time, at, bracketed }, draft) {
    if (time === '' || bracketed || text.charCodeAt(10) !== 0x54) return false;
    headPattern.lastIndex = at;
    const found = headPattern.exec(text);
    if (found === null) return false;
    draft.time(time);
    draft.level(severityOfWord(found[1] as string), found[1] as string);
    draft.attributeIfAny('log.logger', found[2]);
    readMessage(text.slice(headPattern.lastIndex), draft);
    return true;
  },
};

/** Pairs stand behind the message and a colon; without any, the colon is the message's. */
function readMessage(text: string, draft: Draft): void {
  const first = text.indexOf('=');
  const colonAt = first < 0 ? -1 : text.lastIndexOf(': ', first);
  const inner = new Draft(draft.timestamp);
  if (colonAt < 0 || readPairs(text, colonAt + 2, inner) < 1) {
    draft.message(text);
    return;
  }
  draft.message(text.slice(0, colonAt));
  draft.absorb(inner);
}
