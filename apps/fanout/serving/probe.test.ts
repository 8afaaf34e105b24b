import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { probe } from './probe.ts';

class Socket extends EventEmitter {
  readonly asked: Buffer[] = [];
  isCut = false;

  ping(data: Buffer): void {
    this.asked.push(data);
  }

  terminate(): void {
    this.isCut = true;
  }
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function probed() {
  const socket = new Socket();
  const stop = probe(socket as unknown as Parameters<typeof probe>[0]);
  return { socket, stop };
}

describe('whether a viewer is there', () => {
  it('is shown by the pong that was asked for', () => {
    const { socket, stop } = probed();
    for (let minute = 0; minute < 10; minute += 1) {
      vi.advanceTimersByTime(30_000);
      socket.emit('pong', socket.asked.at(-1));
    }
    expect([socket.isCut, socket.asked.length]).toEqual([false, 10]);
    stop();
    vi.advanceTimersByTime(60_000);
    expect(socket.asked.length).toBe(10);
  });

  it('is not shown by pongs that nobody asked for, nor by the answer to an earlier question', () => {
    const { socket } = probed();
    vi.advanceTimersByTime(30_000);
    socket.emit('pong', socket.asked[0]);
    vi.advanceTimersByTime(30_000);
    socket.emit('pong', Buffer.alloc(0));
    socket.emit('pong', Buffer.from('alive'));
    socket.emit('pong', socket.asked[0]);
    expect(socket.isCut).toBe(false);
    vi.advanceTimersByTime(30_000);
    expect(socket.isCut).toBe(true);
  });
});
