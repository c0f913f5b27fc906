/** Pictures of real configurations: what they show, and golden files of how it is drawn. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type {
  GraphKind,
  NestingPicture,
  Picture,
  SpdPicture,
  TopologyPicture,
} from '../../../src/report/graph/picture.js';
import { graphFormats, renderPicture } from '../../../src/report/graph/render.js';
import { type GraphOptions, graph } from '../../../src/services/graph/graph.js';
import { folderWith } from '../../support/folder.js';
import { root } from '../../support/sources.js';

const examples = (...names: string[]) => names.map((name) => path.join('examples', name));
const beginsAt = new Date('2026-01-01T00:00:00Z');

async function picture<K extends GraphKind>(
  kind: K,
  paths: readonly string[],
  more: Partial<GraphOptions> = {},
): Promise<Extract<Picture, { kind: K }>> {
  const drawn = await graph({ kind, paths, beginsAt, ...more });
  return drawn.picture as Extract<Picture, { kind: K }>;
}

const cases = [
  ['topology', 'site', examples('site')],
  ['topology', 'faulty', examples('faulty')],
  ['topology', 'transport-in-tunnel', examples('transport-in-tunnel')],
  ['nesting', 'transport-in-tunnel', examples('transport-in-tunnel')],
  ['nesting', 'host-to-gateway', examples('host-to-gateway')],
  ['spd', 'faulty', examples('faulty')],
  ['sequence', 'faulty', examples('faulty/here.conf', 'faulty/there.conf')],
  ['sequence', 'end-to-end-tunnel', examples('end-to-end-tunnel')],
] as const;

describe.each(cases)('%s of %s', (kind, name, paths) => {
  it.each(graphFormats)('is as in its golden file as %s', async (format) => {
    const text = renderPicture(await picture(kind, paths), format);
    const file = path.join(root, 'test', 'golden', 'graph', `${kind}-${name}.${format === 'mermaid' ? 'mmd' : format}`);
    await expect(text).toMatchFileSnapshot(file);
  });

  it('is data as its schema says', async () => {
    const ajv = new Ajv2020({ strict: true, allErrors: true });
    const schema = JSON.parse(readFileSync(path.join(root, 'schemas', 'graph-v1.schema.json'), 'utf8'));
    const validate = ajv.compile(closed(schema) as object);
    validate(JSON.parse(JSON.stringify({ schemaVersion: 1, ...(await picture(kind, paths)) })));
    expect(validate.errors ?? []).toEqual([]);
  });

  it.skipIf(!existsSync('/usr/bin/dot'))('is DOT that Graphviz reads (where /usr/bin/dot is)', async () => {
    const input = renderPicture(await picture(kind, paths), 'dot');
    expect(execFileSync('/usr/bin/dot', ['-Tsvg'], { input, encoding: 'utf8' })).toContain('</svg>');
  });
});

/** The schema with every object closed. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return copy.type === 'object' && copy.properties ? { ...copy, additionalProperties: false } : copy;
}

describe('topology', () => {
  const link = ({ nodes, edges }: TopologyPicture) => {
    const name = (id: string) => nodes.find((node) => node.id === id)!.name;
    return edges.map(({ from, to, kind, state }) => [[name(from), name(to)].sort().join(' - '), kind, state].join(' '));
  };

  it('knows whether both ends protect, and agree', async () => {
    expect(link(await picture('topology', examples('faulty')))).toEqual([
      '198.51.100.7 - here transport unknown',
      'here - there transport disagree',
    ]);
    const site = await picture('topology', examples('site'));
    expect(site.edges.map(({ state }) => state)).toEqual(['agreed', 'agreed', 'agreed']);
  });

  it('shows an end that nobody answers to', async () => {
    const folder = folderWith({
      'inventory.yaml': 'version: 1\nhosts:\n  a: { addresses: ["192.0.2.1"] }\n  b: { addresses: ["192.0.2.2"] }\n',
      'hosts/a/p.conf': 'add host b -source 192.0.2.1 -destination 192.0.2.2 -priority 10 -action ESP_AES256_GCM16\n',
      'hosts/b/p.conf': 'add host other -source 192.0.2.2 -destination 192.0.2.9 -priority 10 -action PASS\n',
    });
    expect(link(await picture('topology', [folder]))).toEqual(['a - b transport one-sided']);
  });

  it('reads the files of other products: networks behind the ends of a tunnel', async () => {
    const folder = folderWith({ 'gw/swanctl.conf': swanctl });
    const found = await picture('topology', [path.join(folder, 'gw')]);
    expect(link(found)).toEqual([
      '192.0.2.2 - swanctl tunnel unknown',
      '10.2.0.0/16 - 192.0.2.2 behind unknown',
      '10.1.0.0/16 - swanctl behind unknown',
    ]);
    expect(found.nodes.map(({ kind }) => kind)).toEqual(['gateway', 'peer', 'network', 'network']);
  });

  it('takes a gateway that lets anybody in, and one that waits to be called, for the other end', async () => {
    const here = swanctl.replace('remote_ts = 10.2.0.0/16', 'remote_ts = 10.2.0.0/16\n start_action = trap');
    const there = swanctl
      .replace('local_addrs = 192.0.2.1', 'local_addrs = 192.0.2.2')
      .replace('remote_addrs = 192.0.2.2', 'remote_addrs = %any')
      .replace('local_ts = 10.1.0.0/16', 'local_ts = 10.2.0.0/16')
      .replace('remote_ts = 10.2.0.0/16', 'remote_ts = 10.1.0.0/16');
    const secrets = 'secrets { ike { secret = "Orchid-Lantern-52" } }\n';
    const folder = folderWith({ 'a/swanctl.conf': here + secrets, 'b/swanctl.conf': there + secrets });
    expect(link(await picture('topology', [folder]))).toEqual([
      'a/swanctl - b/swanctl tunnel agreed',
      '10.2.0.0/16 - b/swanctl behind unknown',
      '10.1.0.0/16 - a/swanctl behind unknown',
    ]);
  });

  it('keeps the neighbours of a system that is asked for', async () => {
    const found = await picture('topology', examples('site'), { host: 'lab' });
    expect(link(found)).toEqual(['branch - lab transport agreed', 'hq - lab transport agreed']);
    await expect(picture('topology', examples('site'), { host: 'nobody' })).rejects.toThrow(
      "no system is called 'nobody'",
    );
  });

  it('counts the networks that it does not show', async () => {
    const records = Array.from({ length: 30 }, (_, index) => [
      `add tunnel t${index} -tsource 192.0.2.1 -tdestination 192.0.2.2 -source 192.0.2.1/32 -destination 10.${index}.0.0/16 -action ESP_AES256_GCM16`,
      `add host h${index} -source 192.0.2.1/32 -destination 10.${index}.0.0/16 -priority ${10 + index} -tunnel t${index} -action PASS`,
    ]);
    const folder = folderWith({ 'a.conf': `${records.flat().join('\n')}\n` });
    const { nodes, notes } = await picture('topology', [folder]);
    expect(nodes.length).toBeLessThan(15);
    expect(notes).toEqual(['22 more networks are behind 192.0.2.2']);
  });
  it('does not draw thousands of peers', async () => {
    const records = Array.from(
      { length: 2_000 },
      (_, index) =>
        `add host h${index} -source 192.0.2.1 -destination 10.1.${index >> 8}.${index & 255} -priority ${index + 1} -action ESP_AES256_GCM16`,
    );
    const { nodes, notes } = await picture('topology', [folderWith({ 'a.conf': `${records.join('\n')}\n` })]);
    expect(nodes).toHaveLength(501);
    expect(notes).toEqual(['1500 more policies of a have ends that are not drawn']);
  });
});

const swanctl = `connections {
  site {
    local_addrs = 192.0.2.1
    remote_addrs = 192.0.2.2
    local { auth = psk }
    remote { auth = psk }
    children { net { local_ts = 10.1.0.0/16
 remote_ts = 10.2.0.0/16
 } }
  }
}
`;

describe('nesting', () => {
  const shape = ({ flows }: NestingPicture) =>
    flows.map(({ stops, sas, clear }) => ({
      stops: stops.map(({ name }) => name),
      sas: sas.map(({ mode, from, to }) => `${mode} ${from}-${to}`),
      clear,
    }));

  it('shows where packets are in the clear', async () => {
    expect(shape(await picture('nesting', examples('host-to-gateway')))).toEqual([
      { stops: ['host', '203.0.113.9', '10.20.0.0/16'], sas: ['tunnel 0-1'], clear: [[1, 2]] },
    ]);
  });

  it('shows the two ends of one path once, with the policies of both', async () => {
    const { flows } = await picture('nesting', examples('end-to-end-tunnel'));
    expect(flows.map(({ policies }) => policies.map(({ system, name }) => `${name} of ${system}`))).toEqual([
      ['beta of alpha', 'alpha of beta'],
    ]);
  });

  it('puts what leaves a host into the tunnels of gateways on its way', async () => {
    const host = (own: string, peer: string) =>
      `add host peer -source ${own}/32 -destination ${peer}/32 -priority 10 -action ESP_AES256_GCM16\n`;
    const gateway = (own: string, other: string, near: string, far: string) =>
      `add tunnel t -tsource ${own} -tdestination ${other} -source ${near} -destination ${far} -action ESP_AES256_GCM16\n` +
      `add gateway g -source ${near} -destination ${far} -priority 10 -tunnel t -action FORWARD\n`;
    const folder = folderWith({
      'inventory.yaml': `version: 1
hosts:
  a: { addresses: ["10.1.0.1"] }
  b: { addresses: ["10.2.0.1"] }
  left: { addresses: ["192.0.2.1"] }
  right: { addresses: ["192.0.2.2"] }
`,
      'hosts/a/p.conf': host('10.1.0.1', '10.2.0.1'),
      'hosts/b/p.conf': host('10.2.0.1', '10.1.0.1'),
      'hosts/left/p.conf': gateway('192.0.2.1', '192.0.2.2', '10.1.0.0/16', '10.2.0.0/16'),
      'hosts/right/p.conf': gateway('192.0.2.2', '192.0.2.1', '10.2.0.0/16', '10.1.0.0/16'),
    });
    const found = await picture('nesting', [folder]);
    expect(shape(found)).toContainEqual({
      stops: ['a', 'left', 'right', 'b'],
      sas: ['transport 0-3', 'tunnel 1-2'],
      clear: [],
    });
    expect(shape(found)).toContainEqual({
      stops: ['10.1.0.0/16', 'left', 'right', '10.2.0.0/16'],
      sas: ['tunnel 1-2'],
      clear: [
        [0, 1],
        [2, 3],
      ],
    });
    // Each pair of ends is one path.
    expect(found.flows).toHaveLength(2);
  });
});

describe('spd', () => {
  const reach = ({ lists }: SpdPicture) =>
    lists.map(({ rows }) => rows.map(({ policy, reach: how, by }) => [policy, how, ...by].join(' ')));

  it('marks what can never match, and what is needless', async () => {
    const folder = folderWith({
      'a.conf': `add host near -source 192.0.2.1 -destination 10.0.0.0/9 -priority 10 -action PASS
add host far -source 192.0.2.1 -destination 10.128.0.0/9 -priority 20 -action PASS
add host all -source 192.0.2.1 -destination 10.0.0.0/8 -priority 30 -action DISCARD
add host again -source 192.0.2.1 -destination 10.1.0.0/16 -priority 40 -action PASS
`,
    });
    const [rows] = reach(await picture('spd', [folder]));
    expect(rows?.slice(0, 4)).toEqual([
      "host 'near' reachable",
      "host 'far' reachable",
      "host 'all' shadowed 1 2",
      "host 'again' redundant 1",
    ]);
  });

  it('shows the beginning and the end of a long list', async () => {
    const records = Array.from(
      { length: 400 },
      (_, index) =>
        `add host h${index} -source 192.0.2.1 -destination 10.${index >> 8}.${index & 255}.0/24 -priority ${index + 1} -action DISCARD`,
    );
    const { lists } = await picture('spd', [folderWith({ 'a.conf': `${records.join('\n')}\n` })]);
    expect(lists[0]?.rows).toHaveLength(200);
    expect(lists[0]?.leftOut).toBe(402 - 200);
    expect(lists[0]?.rows.at(-1)?.number).toBe(402);
  });
});

describe('sequence', () => {
  it('shows the run that fails', async () => {
    const { verdict, lifelines } = await picture('sequence', examples('faulty/here.conf', 'faulty/there.conf'));
    expect(verdict.word).toBe('fails');
    expect(lifelines).toEqual(['here', 'there']);
  });

  it('says when there is nothing to show', async () => {
    const folder = folderWith({
      'a.conf': 'add host x -source 192.0.2.1 -destination 192.0.2.2 -priority 10 -action PASS\n',
      'b.conf': 'add host x -source 192.0.2.2 -destination 192.0.2.1 -priority 10 -action PASS\n',
    });
    await expect(picture('sequence', [path.join(folder, 'a.conf'), path.join(folder, 'b.conf')])).rejects.toThrow(
      'there is nothing to negotiate',
    );
  });
});
