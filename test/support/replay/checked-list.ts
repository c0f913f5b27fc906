/**
 * The scenarios that cannot be replayed, each with its reason (test/vectors/scenarios-not-replayed.json): what is not on the list must
 * come out as it is recorded, and what is on it must not.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export interface CheckedList {
  /** Reasons by code: what the scenario is about, which is why it cannot be replayed. */
  readonly reasons: Readonly<Record<string, string>>;
  /** By product, class and scenario: the code of the reason. */
  readonly notReplayed: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>;
}

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

export function readCheckedList(): CheckedList {
  return JSON.parse(
    readFileSync(path.join(root, 'test', 'vectors', 'scenarios-not-replayed.json'), 'utf8'),
  ) as CheckedList;
}

/** How many scenarios of a class there are. */
export interface Count {
  readonly klass: string;
  readonly all: number;
}

const titles: Readonly<Record<string, string>> = {
  'A-negotiation': 'A: negotiation only',
  'B-pki-semantics': 'B: certificates',
  'C-eap-xauth': 'C: EAP or XAUTH',
  'D-platform-or-timing': 'D: platform, NAT, mobility or timing',
};

/** The part of docs/scenarios.md about one product. */
export function reportOf(product: string, counts: readonly Count[], { reasons, notReplayed }: CheckedList): string {
  const listed = notReplayed[product] ?? {};
  const rows = counts.map(({ klass, all }) => {
    const without = Object.keys(listed[klass] ?? {}).length;
    return `| ${titles[klass] ?? klass} | ${all - without} of ${all} |`;
  });
  const byReason = new Map<string, string[]>();
  for (const [klass, scenarios] of Object.entries(listed))
    for (const [name, code] of Object.entries(scenarios))
      byReason.set(code, [...(byReason.get(code) ?? []), `${name} (${klass.slice(0, 1)})`]);
  const sorted = [...byReason].sort(([a, x], [b, y]) => y.length - x.length || a.localeCompare(b));
  return [
    '| class | replayed |',
    '| --- | --- |',
    ...rows,
    '',
    'Those that cannot be replayed, by what they need:',
    '',
    ...sorted.map(([code, names]) => `- **${names.length}**: ${reasons[code]}. ${names.sort().join(', ')}`),
  ].join('\n');
}

const begin = (product: string) => `<!-- ${product}: written by the test -->`;
const end = (product: string) => `<!-- end of ${product} -->`;

/** The part of docs/scenarios.md as it stands; with UPDATE_DOCS=1 it is written first. */
export function documentedReport(product: string, report: string): string {
  const file = path.join(root, 'docs', 'scenarios.md');
  const text = readFileSync(file, 'utf8');
  const [from, to] = [text.indexOf(begin(product)), text.indexOf(end(product))];
  if (from < 0 || to < from) throw new Error(`docs/scenarios.md has no place for ${product}`);
  const start = from + begin(product).length;
  if (process.env.UPDATE_DOCS === '1') writeFileSync(file, `${text.slice(0, start)}\n\n${report}\n\n${text.slice(to)}`);
  return process.env.UPDATE_DOCS === '1' ? report : text.slice(start, to).trim();
}
