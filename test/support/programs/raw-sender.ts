/**
 * Sends IPv4 packets exactly as they are told, whatever their addresses. Each line in is one order in JSON; each is answered by a line with
 * how many went out: {"sent": …}.
 */
import { createInterface } from 'node:readline';
import { rawSender } from '../raw-packets.js';

export interface Order {
  /** Hexadecimal, from the IP header on. */
  readonly packet: string;
  /** How often; once when absent. */
  readonly count?: number;
  /** [place, length] of octets that are drawn anew for each of them. */
  readonly random?: readonly (readonly [number, number])[];
  /** Milliseconds to rest after so many packets: [packets, milliseconds]. */
  readonly pace?: readonly [number, number];
}

const sender = rawSender();

async function carryOut({ packet, count = 1, random = [], pace }: Order): Promise<number> {
  const octets = Uint8Array.from(Buffer.from(packet, 'hex'));
  let sent = 0;
  for (let number = 1; number <= count; number += 1) {
    for (const [at, length] of random) crypto.getRandomValues(octets.subarray(at, at + length));
    if (sender.send(octets)) sent += 1;
    if (pace && number % pace[0] === 0) await new Promise((done) => setTimeout(done, pace[1]));
  }
  return sent;
}

let turn: Promise<void> = Promise.resolve();
createInterface({ input: process.stdin }).on('line', (line) => {
  turn = turn.then(async () => {
    const orders = JSON.parse(line) as readonly Order[];
    let sent = 0;
    for (const order of orders) sent += await carryOut(order);
    process.stdout.write(`${JSON.stringify({ sent })}\n`);
  });
});
