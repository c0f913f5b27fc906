/** The page that says what works with what, from the very lists of cases that the interop tests play. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ikeCases } from './kernel/ike-cases.js';
import { type Case, cases, packetCases, refusals } from './strongswan-case.js';

const head = `# What works with what

This page is made from the lists of cases of the interop tests (\`test/interop\`), and a test holds it to them: each line is played
against a real peer by \`npm run test:host\`, and in CI.
`;

/** Titles of tests, in the order of the file. */
function titlesOf(file: string): readonly string[] {
  const text = readFileSync(path.join(import.meta.dirname, file), 'utf8');
  return [...text.matchAll(/\bit(?:\.each\([\s\S]*?\](?: as const)?\))?\(\s*(?:'([^']+)'|`([^`]+)`)/g)].map(
    ([, plain, template]) => (plain ?? template)!,
  );
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

function combination({ name, ike, esp, pfs }: Case, ikeToo: boolean): readonly string[] {
  return [name, `\`${ike}\``, `\`${esp}\``, pfs ? 'yes' : 'no', ikeToo ? 'either side starts' : 'as for packets'];
}

function inWords(title: string): string {
  return title.replace('%s has the smaller policy', 'whoever has the smaller policy').replace(/^\$name: /, '');
}

/** The page as it should be. */
export function interopDocument(): string {
  const combinations = [
    ...cases.map((test) => combination(test, true)),
    ...packetCases.map((test) => combination(test, false)),
  ];
  const kernel = ikeCases('').map(({ name, peer, version, tunnel, carriedBy }) => [
    name,
    { ours: 'another of ours', strongswan: 'strongSwan', libreswan: 'Libreswan' }[peer],
    `IKEv${version}`,
    tunnel ? 'tunnel' : 'transport',
    { esp: 'ESP', ah: 'AH', espInUdp: 'ESP in UDP' }[carriedBy],
  ]);
  const list = (file: string) =>
    titlesOf(file)
      .map((title) => `- ${inWords(title)}`)
      .join('\n');
  return `${head}
## strongSwan, our ESP in userspace

For each combination IKE is negotiated with either side as initiator and both SAs are renewed by us; then pings, a TCP stream and datagrams in
three fragments go both ways through our own ESP, and tshark, with the keys that we write, finds every ICV right and nothing in the clear.

${table(['combination', 'IKE proposal of strongSwan', 'ESP proposal', 'PFS', 'IKE alone'], combinations)}

What does not fit together is refused with the right notification, and our side says why, whoever starts:

${table(
  ['what differs', 'when we start', 'when strongSwan starts', 'notification'],
  refusals.map(({ name, code, notify }) => [
    name,
    `\`${code.ours}\``,
    `\`${code.theirs}\``,
    notify ? `\`${notify}\`` : '',
  ]),
)}

The life of SAs, with packets all the while:

${list('strongswan-runtime-life.interop.test.ts')}

Behind a NAT (nf_tables), IKEv1 and IKEv2:

${list('strongswan-runtime-nat.interop.test.ts')}

Dry runs with a live peer (\`ipsec negotiate --against\`):

${list('strongswan-runtime-dry-run.interop.test.ts')}

## The kernel's ESP and AH

On a real kernel in a guest: packets go both ways, SAs are renewed without losing one, what is protected stays blocked when the daemon stops,
and everything is taken back afterwards.

${table(['combination', 'peer', 'IKE', 'mode', 'carried by'], kernel)}
`;
}
