/** A repository in which every system protects its traffic with every other one, as a site with host-to-host IPsec has it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The address of a system of the mesh. */
const addressOf = (number: number): string => `10.0.${number >> 8}.${number & 255}`;
const nameOf = (number: number): string => `h${String(number).padStart(3, '0')}`;

const ikeRecord =
  'add ikev2 all -remote 10.0.0.0/8 -priority 10 -group 31 -encryption AES256-GCM16 -prf HMAC-SHA2-256 -pfs ON';

export interface Mesh {
  /** Systems, up to 65,536. */
  readonly count: number;
  /** Lifetime of ESP SAs; 8 hours when absent. */
  readonly childSeconds?: number;
}

/** Writes the files of the systems below a folder. */
export function writeFullMesh(folder: string, { count, childSeconds = 28_800 }: Mesh): void {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const inventory = numbers.map((number) => `  ${nameOf(number)}:\n    addresses: ["${addressOf(number)}"]\n`);
  writeFileSync(path.join(folder, 'inventory.yaml'), `version: 1\nhosts:\n${inventory.join('')}`);
  for (const number of numbers) {
    const home = path.join(folder, 'hosts', nameOf(number));
    mkdirSync(home, { recursive: true });
    const records = numbers.flatMap((other) => (other === number ? [] : recordsFor(number, other, childSeconds)));
    writeFileSync(path.join(home, 'ipsec.conf'), `${[...records, ikeRecord].join('\n')}\n`);
  }
}

function recordsFor(own: number, other: number, seconds: number): readonly string[] {
  const [name, priority] = [nameOf(other), 10 * other];
  const key = `Key-of-${Math.min(own, other)}-and-${Math.max(own, other)}`;
  return [
    `add host ${name} -source ${addressOf(own)} -destination ${addressOf(other)} -priority ${priority} -action ESP_AES256_GCM16/${seconds}/0`,
    `add auth ${name} -remote ${addressOf(other)} -priority ${priority} -kmp IKEV2 -preshared ${key}`,
  ];
}
