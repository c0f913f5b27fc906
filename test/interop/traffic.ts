/** Packets between the networks behind two namespaces: pings, streams that are compared octet by octet, datagrams that need fragments. */
import { createHash } from 'node:crypto';
import { ends, type Namespaces } from '../support/netns.js';

export type Side = 'left' | 'right';

const other = (side: Side): Side => (side === 'left' ? 'right' : 'left');

/** The address behind a side. */
export function innerOf(side: Side, family: 4 | 6 = 4): string {
  return family === 4 ? ends[side].inner4 : ends[side].inner6;
}

/** Pings from one network to the other; gives how many came back. */
export function ping(namespaces: Namespaces, from: Side, words: readonly string[] = [], family: 4 | 6 = 4): number {
  const text = attempt(() =>
    namespaces.run(
      from,
      'ping',
      ...['-n', '-c', '3', '-i', '0.2', '-W', '3', ...words, '-I', innerOf(from, family), innerOf(other(from), family)],
    ),
  );
  return Number(/(\d+) received/.exec(text)?.[1] ?? 0);
}

/** What a command says, also when it fails. */
function attempt(run: () => string): string {
  try {
    return run();
  } catch (error) {
    return String((error as { stdout?: string }).stdout ?? '');
  }
}

/** Sends what octets a seed gives, and ends. */
const sender = `
const [to, from, port, octets] = process.argv.slice(1);
const socket = require('node:net').connect({ host: to, port: Number(port), localAddress: from });
const piece = Buffer.alloc(65536, 'the same octets again and again, ');
let left = Number(octets);
const more = () => { while (left > 0) { const next = piece.subarray(0, Math.min(left, piece.length)); left -= next.length; if (!socket.write(next)) { socket.once('drain', more); return; } } socket.end(); };
socket.on('connect', more); socket.on('close', () => process.exit(0)); socket.on('error', (error) => { console.error(error.message); process.exit(1); });
setTimeout(() => process.exit(2), 30000).unref();
`;
const receiver = `
const [address, port] = process.argv.slice(1);
const hash = require('node:crypto').createHash('sha256');
let octets = 0;
require('node:net').createServer((socket) => socket.on('data', (data) => { octets += data.length; hash.update(data); }).on('end', () => {
  socket.end(); console.log(octets + ' ' + hash.digest('hex')); process.exit(0); }).on('error', () => process.exit(1))).listen(Number(port), address, () => console.log('ready'));
setTimeout(() => process.exit(2), 60000).unref();
`;

/** A TCP stream from one network to the other: does it arrive as it was sent? */
export async function stream(namespaces: Namespaces, from: Side, octets: number, family: 4 | 6 = 4): Promise<boolean> {
  const [source, destination] = [innerOf(from, family), innerOf(other(from), family)];
  const port = '7777';
  const server = namespaces.start(other(from), [process.execPath, '-e', receiver, destination, port], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  server.stdout?.on('data', (text) => {
    said += String(text);
  });
  const ended = new Promise<void>((done) => server.once('exit', () => done()));
  for (let tries = 0; !said.includes('ready') && tries < 200; tries += 1)
    await new Promise((done) => setTimeout(done, 20));
  const client = namespaces.start(from, [process.execPath, '-e', sender, destination, source, port, String(octets)]);
  await new Promise<void>((done) => client.once('exit', () => done()));
  const timer = setTimeout(() => server.kill(), 10_000);
  await ended;
  clearTimeout(timer);
  return said.includes(`${octets} ${hashOf(octets)}`);
}

function hashOf(octets: number): string {
  const piece = Buffer.alloc(65_536, 'the same octets again and again, ');
  const hash = createHash('sha256');
  for (let left = octets; left > 0; left -= piece.length) hash.update(piece.subarray(0, Math.min(left, piece.length)));
  return hash.digest('hex');
}
