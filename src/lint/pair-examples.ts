/** Examples of pair rules: two hosts that protect all traffic between them, with what a rule is about put in. */
import type { RuleExample } from './rule.js';

/** Arguments of the three records of one side; what is left out is sound and fits the other side. */
export interface ExampleSide {
  /** After the selectors and the priority. */
  readonly host?: string;
  /** After -remote and -priority; the kind of record is ikev2, or ikev1 where -kmp begins with IKEV1. */
  readonly ike?: string;
  readonly auth?: string;
  /** Instead of the three records. */
  readonly records?: string;
}

const addresses = { a: '10.1.1.1', b: '10.2.2.2' } as const;

/** The texts of both sides. */
export function examplePair(a: ExampleSide, b: ExampleSide): RuleExample {
  return { text: sideText('a', a), peer: sideText('b', b) };
}

function sideText(side: 'a' | 'b', { host, ike, auth, records }: ExampleSide): string {
  if (records !== undefined) return records;
  const other = side === 'a' ? 'b' : 'a';
  const peer = addresses[other];
  const authArguments = auth ?? '-kmp IKEV2 -preshared file:keys/a-b.psk';
  const kind = /-kmp IKEV1/.test(authArguments) ? 'ikev1' : 'ikev2';
  const ikeArguments =
    ike ??
    (kind === 'ikev1'
      ? '-group 14 -hash SHA2-256 -encryption AES128-CBC'
      : '-group 14 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256');
  return [
    `add host to_${other} -source ${addresses[side]} -destination ${peer} -priority 10 ${host ?? '-action ESP_AES128_HMAC_SHA2_256'}`,
    `add ${kind} ${other}_ike -remote ${peer} -priority 10 ${ikeArguments}`,
    `add auth ${other}_auth -remote ${peer} -priority 10 ${authArguments}`,
  ].join('\n');
}
