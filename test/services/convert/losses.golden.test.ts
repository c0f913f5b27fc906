/**
 * What conversions of every sample lose: as golden lists, one line for what some samples have in common, and as the tables of
 * docs/conversions.md. Only `npm run golden` rewrites them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Loss } from '../../../src/dialects/dialect.js';
import { convertSystem, targetOf } from '../../../src/services/convert/convert.js';
import { collectionOf, loadSample, samplesOf } from '../../support/samples.js';
import { sharedMissing } from '../../support/shared.js';

/** Which formats the samples of a collection are written in. */
const conversions: readonly (readonly [collection: string, to: readonly string[]])[] = [
  ['examples', ['swanctl', 'libreswan', 'xfrm', 'setkey']],
  ['HP-UX', ['swanctl', 'libreswan', 'xfrm', 'setkey']],
  ['strongSwan', ['libreswan', 'records@extended']],
  ['Libreswan', ['swanctl']],
  ['racoon', ['swanctl']],
  ['setkey', ['swanctl', 'xfrm']],
  ['iked', ['swanctl']],
  ['OpenBSD', ['swanctl']],
];

const effects = ['packets', 'negotiation', 'local'] as const;
const page = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../docs/conversions.md');

/** What was lost, without the names and values of one sample. */
function summary(all: readonly Loss[]): string {
  const kinds = effects.flatMap((effect) => {
    const words = new Set(all.filter((loss) => loss.effect === effect).map(kindOf));
    return words.size > 0 ? [`${effect}: ${[...words].sort().join('; ')}`] : [];
  });
  return kinds.length > 0 ? kinds.join(' | ') : 'nothing';
}

function kindOf({ what, message }: Loss): string {
  if (what !== undefined) return what;
  if (/^(?:forwarded: )?(?:outbound|inbound) /.test(message)) return 'packets are treated otherwise';
  return message
    .replace(/^[^:]{1,80}: /, '')
    .replace(/'[^']*'|\([^)]*\)|\d+/g, '…')
    .slice(0, 100);
}

/** A conversion's section of the page: how many samples lose what. */
function section(losses: ReadonlyMap<string, readonly Loss[]>): string {
  const worst = { packets: 0, negotiation: 0, local: 0, nothing: 0 };
  const counts = new Map<string, number>();
  for (const all of losses.values()) {
    worst[effects.find((effect) => all.some((loss) => loss.effect === effect)) ?? 'nothing'] += 1;
    const kinds = new Set(all.map((loss) => `${effects.indexOf(loss.effect)} | ${loss.effect} | ${kindOf(loss)}`));
    for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const rows = [...counts]
    .sort(([a, x], [b, y]) => Number(a[0]) - Number(b[0]) || y - x || (a < b ? -1 : 1))
    .map(
      ([kind, count]) =>
        `| ${kind.slice(4).replace(' | ', '\u0000').replaceAll('|', '\\|').replace('\u0000', ' | ')} | ${count} |`,
    );
  const { packets, negotiation, local, nothing } = worst;
  return [
    `${losses.size} samples: ${nothing + local} keep everything that packets and peers see, ${negotiation} lose something that peers agree on, ${packets} treat packets otherwise.`,
    ...(rows.length > 0 ? ['', '| effect | what is lost | samples |', '| --- | --- | --- |', ...rows] : []),
  ].join('\n');
}

/** The page as it is, with one section as it should be. */
function withSection(text: string, title: string, body: string): string {
  const [begin, end] = [`<!-- conversion: ${title} -->`, '<!-- end -->'];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) return `${text.trimEnd()}\n\n## ${title}\n\n${begin}\n${body}\n${end}\n`;
  return `${text.slice(0, from)}${begin}\n${body}\n${text.slice(to)}`;
}

describe.each(conversions)('conversions of %s', (name, targets) => {
  const collection = collectionOf(name);
  const missing = collection.root === undefined ? ` (${sharedMissing})` : '';
  it.skipIf(missing !== '').each(targets)(`to %s lose what is listed${missing}`, { timeout: 600_000 }, async (to) => {
    const target = await targetOf(to);
    const losses = new Map<string, readonly Loss[]>();
    for (const sample of samplesOf(collection))
      losses.set(sample, convertSystem(await loadSample(collection, sample), target).losses);
    expect(losses.size).toBeGreaterThan(0);
    const groups = new Map<string, string[]>();
    for (const [sample, all] of losses) groups.set(summary(all), [...(groups.get(summary(all)) ?? []), sample]);
    const lines = [...groups]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([text, names]) => [text, `    ${names.join(' ')}`]);
    const format = to.split('@')[0]!;
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(
      `../../golden/convert/${name.toLowerCase()}-to-${format}.txt`,
    );
    const text = readFileSync(page, 'utf8');
    const made = withSection(text, `${name} to ${format}`, section(losses));
    if (process.env.UPDATE_DOCS && made !== text) writeFileSync(page, made);
    else expect(made).toBe(text);
  });
});
