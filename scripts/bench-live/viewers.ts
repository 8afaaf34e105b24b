import { connect } from 'node:net';

/**
 * Many viewers in one process, by plain sockets and a minimal frame reader, so that the viewers are not what is
 * measured. Prints one JSON line when it is asked to end (SIGTERM).
 *
 * usage: node viewers.ts <port> <path> <viewers> <authorization>
 */
const [port, path, viewers, authorization] = process.argv.slice(2);
const count = Number(viewers);
const lineStart = Buffer.from('{"id":"');
const sentMark = Buffer.from('sent=');
const gapMark = Buffer.from('{"type":"gap"');
/** Latency is taken at every tenth viewer, spread over the order in which the server writes. */
const sampled = (index: number) => index % Math.max(1, Math.floor(count / 10)) === 0;

let lines = 0;
let frames = 0;
let gaps = 0;
let ready = 0;
let first = 0;
let last = 0;
const latencies: number[] = [];

function receive(frame: Buffer, isSampled: boolean): void {
  frames += 1;
  if (frame.subarray(0, gapMark.length).equals(gapMark)) gaps += 1;
  let at = frame.indexOf(lineStart);
  if (at < 0) return;
  last = performance.now();
  if (first === 0) first = last;
  const now = performance.timeOrigin + last;
  for (; at >= 0; at = frame.indexOf(lineStart, at + 1)) {
    lines += 1;
    if (!isSampled) continue;
    const sent = frame.indexOf(sentMark, at);
    if (sent >= 0) latencies.push(now - Number.parseFloat(frame.toString('latin1', sent + sentMark.length, sent + 30)));
  }
}

for (let index = 0; index < count; index += 1) {
  const isSampled = sampled(index);
  const socket = connect(Number(port), '127.0.0.1');
  let rest: Buffer = Buffer.alloc(0);
  let isOpen = false;
  socket.setNoDelay(true);
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nAuthorization: ${authorization}\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  socket.on('data', (data) => {
    let buffer: Buffer = rest.length > 0 ? Buffer.concat([rest, data]) : data;
    if (!isOpen) {
      const end = buffer.indexOf('\r\n\r\n');
      if (end < 0) {
        rest = buffer;
        return;
      }
      if (!buffer.toString('latin1', 0, 12).endsWith('101')) throw new Error(buffer.toString());
      isOpen = true;
      ready += 1;
      if (ready === count) process.stdout.write('ready\n');
      buffer = buffer.subarray(end + 4);
    }
    let position = 0;
    while (buffer.length - position >= 2) {
      const short = buffer[position + 1]! & 127;
      const header = short === 127 ? 10 : short === 126 ? 4 : 2;
      if (buffer.length - position < header) break;
      const length =
        short === 127
          ? Number(buffer.readBigUInt64BE(position + 2))
          : short === 126
            ? buffer.readUInt16BE(position + 2)
            : short;
      if (buffer.length - position < header + length) break;
      if ((buffer[position]! & 15) === 1)
        receive(buffer.subarray(position + header, position + header + length), isSampled);
      position += header + length;
    }
    rest = position < buffer.length ? Buffer.from(buffer.subarray(position)) : Buffer.alloc(0);
  });
  socket.on('error', () => undefined);
}

process.on('SIGTERM', () => {
  latencies.sort((a, b) => a - b);
  const quantile = (share: number) => latencies[Math.floor((latencies.length - 1) * share)] ?? null;
  const seconds = (last - first) / 1000;
  process.stdout.write(
    `${JSON.stringify({ lines, frames, gaps, linesPerSecond: Math.round(lines / seconds), p50: quantile(0.5), p99: quantile(0.99), max: quantile(1), samples: latencies.length })}\n`,
    () => process.exit(0),
  );
});
