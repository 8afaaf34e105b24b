import { describe, expect, it } from 'vitest';
import { type FrameSocket, SendBuffer } from './send-buffer.ts';

const mebibyte = 1024 * 1024;

/** A client that never reads. */
class Unread implements FrameSocket {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;

  send(data: string): void {
    this.bufferedAmount += data.length;
  }
}

function outboxOf(others = 0) {
  const socket = new Unread();
  let overflows = 0;
  const sendBuffer = new SendBuffer({
    socket,
    unreadOfProject: () => others + socket.bufferedAmount,
    onOverflow: () => {
      overflows += 1;
    },
  });
  return { socket, sendBuffer, overflows: () => overflows };
}

describe('what waits for a viewer who does not read', () => {
  it('ends at a limit, whatever is sent, and the socket is then closed once', () => {
    const { socket, sendBuffer, overflows } = outboxOf();
    for (let frame = 0; frame < 1000; frame += 1) sendBuffer.send('x'.repeat(mebibyte));
    expect(socket.bufferedAmount).toBeLessThanOrEqual(32 * mebibyte);
    expect(overflows()).toBe(1);
  });

  it('ends earlier where the project as a whole leaves too much unread', () => {
    const { socket, sendBuffer, overflows } = outboxOf(127 * mebibyte);
    for (let frame = 0; frame < 100; frame += 1) sendBuffer.send('x'.repeat(mebibyte));
    expect(socket.bufferedAmount).toBeLessThanOrEqual(3 * mebibyte);
    expect(overflows()).toBe(1);
  });

  it('does not fall on a viewer who has read all, whatever the others of its project leave', () => {
    const { socket, sendBuffer, overflows } = outboxOf(1000 * mebibyte);
    for (let frame = 0; frame < 100; frame += 1) {
      sendBuffer.send('x'.repeat(mebibyte));
      socket.bufferedAmount = 0;
    }
    expect(overflows()).toBe(0);
  });
});
