import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { expect, test } from 'vitest';
import { chooseServer, type Way } from './choose-server.ts';
import type { DevServer } from './dev-server.ts';

const absent: Way<DevServer> = async () => ({ unavailable: 'no engine answers' });
const present: Way<DevServer> = async () => ({
  choice: 'a broker at 127.0.0.1:1',
  owned: true,
  kill9: async () => {},
  restart: async () => {},
  stop: async () => {},
});

function options(report: (line: string) => void = () => {}) {
  return { directory: '/nowhere', environment: {}, report };
}

test('the choice of a server takes the first way that is available and reports it with what was not', async () => {
  const lines: string[] = [];
  await chooseServer(
    'Kafka',
    [absent, present, absent],
    'Install it.',
    options((line) => lines.push(line)),
  );
  expect(lines).toEqual(['Kafka: a broker at 127.0.0.1:1 (no engine answers)']);
});

test('the choice of a server says every reason and what to do when no way is available', async () => {
  const choice = chooseServer('Kafka', [absent, absent], 'Install it.', options());
  await expect(choice).rejects.toThrow(TailraceError);
  await expect(choice).rejects.toThrow('No Kafka to use: no engine answers; no engine answers. Install it.');
});

test('the choice of a server does not try another way when the chosen one fails', async () => {
  const failing: Way<DevServer> = async () => Promise.reject(new Error('disk full'));
  await expect(chooseServer('Kafka', [failing, present], 'Install it.', options())).rejects.toThrow('disk full');
});
