/** Every state × every message, legal or not, as a table: what a system does with it. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { EngineOutput } from '../../../src/engine/output.js';
import { type Datagram, packetAB, pair, texts, type World } from './support.js';

const golden = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'golden', 'ikev1');

type Exchange = 'MM' | 'AM';

function world(exchange: Exchange): World {
  const auth = `-kmp IKEV1 -exchange ${exchange} -preshared secret-of-both`;
  // Nothing is delivered but by hand; equal seeds give equal octets.
  const made = pair({ text: texts.a(auth) }, { text: texts.b(auth) }, () => []);
  made.request('alpha', packetAB);
  return made;
}

/** A world after the first messages of a whole negotiation have been delivered. */
function after(exchange: Exchange, messages: number): World {
  const made = world(exchange);
  for (let number = 0; number < messages; number += 1) made.deliver(made.sent[number]!);
  return made;
}

const counts = { MM: 9, AM: 6 } as const;

/** What a message gives rise to, in a few words. */
function outcome(outputs: readonly EngineOutput[]): string {
  const words = outputs.flatMap((output): string[] => {
    switch (output.kind) {
      case 'transmit':
        return [output.content.repetition > 0 ? 'answers again' : `sends ${output.content.exchange}`];
      case 'install':
        return [`installs ${output.sa.direction}`];
      case 'remove':
        return ['removes'];
      case 'event': {
        const { event } = output;
        if (event.kind === 'ignored') return [`ignores: ${event.why}`];
        if (event.kind === 'ike-sa' || event.kind === 'child-sa') return [`${event.kind} ${event.change}`];
        return event.kind === 'failed' ? [`fails: ${event.failure.code}`] : [];
      }
      default:
        return [output.kind];
    }
  });
  return words.length > 0 ? words.join('; ') : 'nothing';
}

/** The message as it was sent in an untouched negotiation, to whoever it was for, or to the other one. */
function tried(exchange: Exchange, state: number, message: Datagram, reflected: boolean): string {
  const made = after(exchange, state);
  const name = (message.sender === 'alpha') === reflected ? 'alpha' : 'beta';
  const [local, remote] = reflected ? [message.from, message.to] : [message.to, message.from];
  return outcome(made.input(name, { kind: 'datagram', local, remote, octets: message.octets }));
}

describe.each(['MM', 'AM'] as const)('%s and Quick Mode', (exchange) => {
  it('answer every message in every state as the table says', async () => {
    const whole = after(exchange, counts[exchange]);
    const messages = whole.sent.slice(0, counts[exchange]);
    const lines: string[] = [];
    for (let state = 0; state <= counts[exchange]; state += 1) {
      lines.push(`after ${state} message${state === 1 ? '' : 's'}`);
      for (const message of messages) {
        const who = message.sender === 'alpha' ? 'responder' : 'initiator';
        const other = message.sender === 'alpha' ? 'initiator' : 'responder';
        lines.push(`  message ${message.number + 1} to the ${who}: ${tried(exchange, state, message, false)}`);
        lines.push(`  message ${message.number + 1} to the ${other}: ${tried(exchange, state, message, true)}`);
      }
    }
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(
      path.join(golden, `states-${exchange.toLowerCase()}.txt`),
    );
  });
});
