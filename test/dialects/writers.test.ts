/** What every writer keeps: it never fails, says nothing that is refused, and puts keys into secret files only. */
import { describe, expect, it } from 'vitest';
import { formatPacket } from '../../src/model/packet.js';
import { explainPacket, type PacketExplanation } from '../../src/model/query.js';
import { randomPacket, seededRandom } from '../../src/model/selector/sampling.js';
import { allFormats } from '../support/all-formats.js';
import { randomRecords } from '../support/random-records.js';
import { readBack, recordsConfig, write } from '../support/written.js';

/** What becomes of a packet: without a peer to negotiate with it is lost, where the format tells of peers at all. */
function verdictOf(hasPeers: boolean, { verdict, sas }: PacketExplanation): string {
  const isAlone = hasPeers && sas.some(({ pad, template }) => !template.manual && !pad?.found);
  return isAlone ? 'DISCARD' : verdict;
}

const writers = allFormats.filter((dialect) => dialect.write).map((dialect) => [dialect.name, dialect] as const);
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

describe.each(writers)('the writer of %s', (_name, dialect) => {
  it.each(seeds)('takes any records (seed %i)', (seed) => {
    const text = randomRecords({ hosts: 40, seed, ipv6: 0.3, mistakes: 0.2 });
    const { files, losses } = write(dialect, recordsConfig(text));
    expect(files.length).toBeGreaterThan(0);
    expect(losses.filter(({ message }) => message.includes('refused'))).toEqual([]);
    const keys = [...text.matchAll(/-preshared (\S+)/g)].map((match) => match[1]!);
    expect(keys.length).toBeGreaterThan(0);
    for (const { path, text: written, isSecret } of files) {
      if (isSecret) continue;
      for (const key of keys) expect(`${path}: ${written.includes(key)}`).toBe(`${path}: false`);
    }
    const said = losses.map(({ message }) => message).join('\n');
    for (const key of keys) expect(said).not.toContain(key);
  });

  it.each(dialect.read ? seeds : [])('tells of every packet that is treated otherwise (seed %i)', (seed) => {
    const text = randomRecords({ hosts: 30, seed: seed + 100, ipv6: 0.3, mistakes: 0.2 });
    const config = recordsConfig(text);
    const writing = write(dialect, config);
    const again = readBack(dialect, writing, config).config;
    const told = new Set(
      writing.losses.flatMap(({ effect, source }) => (effect === 'packets' && source ? [source] : [])),
    );
    const random = seededRandom(seed);
    const hasPeers = again.pad.length > 0;
    const boxes = config.spd.flatMap(({ selectors }) => selectors);
    for (let count = 0; count < 500; count += 1) {
      const packet = randomPacket(boxes[Math.floor(random() * boxes.length)]!, random);
      if (packet.protocol === 17 && [packet.localPort, packet.remotePort].some((port) => port === 500 || port === 4500))
        continue;
      const [was, is] = [explainPacket(config, packet), explainPacket(again, packet)];
      const isSame = verdictOf(hasPeers, was) === verdictOf(hasPeers, is);
      if (!isSame)
        expect([formatPacket(packet), told.has(was.spd.found!.source)]).toEqual([formatPacket(packet), true]);
    }
  });

  it('takes a configuration without anything', () => {
    const { files, losses } = write(dialect, recordsConfig(''));
    expect(files.every(({ isSecret }) => !isSecret)).toBe(true);
    expect(losses.filter(({ effect }) => effect === 'packets')).toEqual([]);
  });

  it('makes the same of the same', () => {
    const config = recordsConfig(randomRecords({ hosts: 20, seed: 99 }));
    expect(write(dialect, config).files).toEqual(write(dialect, config).files);
  });

  it('knows each of its versions', () => {
    const config = recordsConfig(randomRecords({ hosts: 20, seed: 5 }));
    for (const version of dialect.versions)
      expect(
        `${version}: ${write(dialect, config, version).losses.filter(({ message }) => message.includes('refused')).length}`,
      ).toBe(`${version}: 0`);
  });
});
