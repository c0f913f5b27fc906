/** psk.txt: an identifier and its preshared key a line (racoon.conf(5)). The rest of the line is the key, blanks included. */
import { formatAddress, parseAddress } from '../../model/address.js';
import type { Sourced } from '../../model/origin.js';
import { Secret } from '../../model/secret.js';
import type { SourceText } from '../../model/span.js';
import type { SecretReference } from '../../model/system-config.js';
import type { ReadContext } from '../common/context.js';

const linesMax = 200_000;

/** Reads a file into keys by identifier. */
export function readPsk(source: SourceText, context: ReadContext): ReadonlyMap<string, Sourced<SecretReference>> {
  const keys = new Map<string, Sourced<SecretReference>>();
  context.sources.push(source);
  for (let line = 1; line <= Math.min(source.lineCount, linesMax); line += 1) {
    const { start, end } = source.lineRange(line);
    const text = source.text.slice(start, end);
    if (/^\s*(?:#|$)/.test(text)) continue;
    const match = /^(\S+)([ \t]+)(\S.*)$/.exec(text);
    if (!match) {
      source.markSecret(start, end);
      context.syntax(source, { text: '', start, end }, 'a line is an identifier and a key');
      continue;
    }
    const from = start + match[1]!.length + match[2]!.length;
    source.markSecret(from, end);
    const secret = secretOf(match[3]!);
    keys.set(keyOf(match[1]!), {
      value: { kind: 'literal', secret },
      origin: { kind: 'explicit', at: { source, start: from, end } },
    });
  }
  return keys;
}

/** One text for the spellings of an address. */
export function keyOf(identifier: string): string {
  const address = parseAddress(identifier);
  return address ? formatAddress(address.family, address.value) : identifier.toLowerCase();
}

function secretOf(text: string): Secret {
  const digits = /^0x((?:[0-9a-f]{2})+)$/i.exec(text)?.[1];
  if (digits === undefined) return Secret.ofText(text);
  return new Secret(Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
}
