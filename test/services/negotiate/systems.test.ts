/** Which systems a dry run is between, and what is said of words that mean none. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/model/tool-error.js';
import { dryRun } from '../../support/dry-run.js';
import { folderWith } from '../../support/folder.js';

const [alpha, beta] = ['alpha', 'beta'].map((name) => path.join('examples', 'host-to-host', `${name}.conf`)) as [
  string,
  string,
];
const brief = { untilMillis: 1000, suggest: false };

async function refusal(...question: Parameters<typeof dryRun>): Promise<{ message: string; hints: readonly string[] }> {
  const thrown = await dryRun(question[0], { ...brief, ...question[1] }).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(UsageError);
  return thrown as UsageError;
}

describe('words for systems', () => {
  it('a file that is not there is said to be so, with the one that is meant', async () => {
    expect(await refusal([alpha, path.join('examples', 'host-to-host', 'bela.conf')])).toMatchObject({
      message: 'there is no file or folder examples/host-to-host/bela.conf',
      hints: ['Did you mean examples/host-to-host/beta.conf?'],
    });
    expect((await refusal([path.join('examples', 'no-such-folder')])).message).toBe(
      'there is no file or folder examples/no-such-folder',
    );
  });

  it('a file with itself is one system, also by another path', async () => {
    expect((await refusal([alpha, alpha])).message).toMatch(/are the same system$/);
    expect((await refusal([alpha, path.resolve(alpha)])).message).toMatch(/are the same system$/);
    expect((await refusal(['-', '-'])).message).toMatch(/^the standard input is one system/);
  });

  it('counts what a folder holds', async () => {
    expect((await refusal([path.join('examples', 'cluster')])).message).toBe(
      'examples/cluster holds 1 system, and a negotiation is between two',
    );
    expect(await refusal([path.join('examples', 'site')])).toMatchObject({
      message: 'examples/site holds 3 systems, and a negotiation is between two',
      hints: ['Name two of them (branch, hq, lab), or compare every pair with --matrix.'],
    });
  });
});

describe('wishes for systems', () => {
  it('a name that no system has is refused, with the names that there are', async () => {
    expect(await refusal([alpha, beta], { profiles: ['alpa=hpux'] })).toMatchObject({
      message: "--peer-profile: 'alpa' is no system of this run",
      hints: ['Did you mean alpha?', 'Systems: alpha, beta.'],
    });
    expect(await refusal([alpha, beta], { dataPaths: ['gamma=libipsec'] })).toMatchObject({
      message: "--data-path: 'gamma' is no system of this run",
      hints: ['Systems: alpha, beta.'],
    });
    expect((await refusal([alpha, beta], { dataPaths: ['alpha=libipsek'] })).hints[0]).toBe('Did you mean libipsec?');
  });

  it('A and B stand for the two, and a name for one', async () => {
    const profiles = async (...wishes: string[]) =>
      (await dryRun([alpha, beta], { ...brief, profiles: wishes })).systems.map(({ profile }) => profile);
    expect(await profiles('A=strongswan', 'beta=libreswan')).toEqual(['strongswan', 'libreswan']);
    expect(await profiles('B=hpux')).toEqual(['ours', 'hpux']);
  });
});

describe('what carries the packets', () => {
  const inventory = (dataPath: string) => `hosts:\n  one:\n    addresses: ["192.0.2.10"]\n    dataPath: ${dataPath}\n`;
  const records = (own: string, peer: string) => `add host peer \\
    -source ${own} \\
    -destination ${peer} \\
    -priority 10 \\
    -action ESP_AES256_GCM16
add ikev2 peer -remote ${peer} -group 19 -encryption AES256-GCM16 -prf HMAC-SHA384
add auth peer -remote ${peer} -kmp IKEV2 -preshared Some_Long_Key_With_Entropy_7
`;
  const repository = (dataPath: string) =>
    folderWith({
      'hosts/one/policy.conf': records('192.0.2.10', '198.51.100.20'),
      'hosts/two/policy.conf': records('198.51.100.20', '192.0.2.10'),
      'inventory.yaml': inventory(dataPath),
    });

  it('libipsec has no transport mode, whoever says that a system runs on it', async () => {
    const [byFlag, byInventory] = [
      await dryRun([repository('kernel')], { ...brief, initiator: 'B', dataPaths: ['one=libipsec'] }),
      await dryRun([repository('libipsec')], { ...brief, initiator: 'B' }),
    ];
    for (const document of [byFlag, byInventory]) {
      expect(document.systems.map(({ dataPath }) => dataPath)).toEqual(['libipsec', undefined]);
      expect(document.runs[0]!.verdict).toMatchObject({
        word: 'fails',
        step: 'data path',
        text: 'one: the SA cannot be installed: kernel-libipsec has no transport mode',
      });
    }
  });

  it('a wish for all leaves what is known of a system', async () => {
    const document = await dryRun([repository('kernel')], { ...brief, initiator: 'B', dataPaths: ['libipsec'] });
    expect(document.systems.map(({ dataPath }) => dataPath)).toEqual(['kernel', 'libipsec']);
  });

  it('strongswan.conf tells, beside swanctl.conf', async () => {
    const connection = (own: string, peer: string) => `connections {
  gw {
    version = 2
    local_addrs = ${own}
    remote_addrs = ${peer}
    local { auth = psk }
    remote { auth = psk }
    children {
      net {
        mode = transport
        start_action = trap
      }
    }
  }
}
secrets {
  ike { secret = "Some_Long_Key_With_Entropy_7" }
}
`;
    const folder = folderWith({
      'one/swanctl.conf': connection('192.0.2.10', '198.51.100.20'),
      'two/swanctl.conf': connection('198.51.100.20', '192.0.2.10'),
      'two/strongswan.conf': 'charon {\n  plugins {\n    kernel-libipsec {\n      load = yes\n    }\n  }\n}\n',
    });
    const document = await dryRun(
      ['one', 'two'].map((name) => path.join(folder, name, 'swanctl.conf')),
      { ...brief, initiator: 'A' },
    );
    expect(document.systems.map(({ dataPath }) => dataPath)).toEqual([undefined, 'libipsec']);
    expect(document.runs[0]!.verdict.text).toMatch(/kernel-libipsec has no transport mode/);
  });
});

describe('records that cannot be read', () => {
  const faulty = 'add host beta -source 192.0.2.10 -destination 198.51.100.20 -action ESP_NOTHING\n';

  it('leave no verdict, neither a good one nor a bad one', async () => {
    const folder = folderWith({ 'faulty.conf': faulty });
    const document = await dryRun([path.join(folder, 'faulty.conf'), beta], brief);
    expect(document.good).toBe(false);
    expect(document.problems).toEqual([
      expect.objectContaining({
        system: 'faulty',
        code: 'SYN019',
        line: 1,
        message: expect.stringMatching(/ESP_NOTHING/),
      }),
    ]);
    expect(document.notes.join()).toMatch(/1 error in the records of faulty/);
  });

  it('spoil what works as far as it can be read', async () => {
    const { readFileSync } = await import('node:fs');
    const folder = folderWith({ 'alpha.conf': `${readFileSync(alpha, 'utf8')}\nadd host more -destination nowhere\n` });
    const document = await dryRun([path.join(folder, 'alpha.conf'), beta], brief);
    expect(document.runs.every(({ verdict }) => verdict.good)).toBe(true);
    expect(document.good).toBe(false);
  });

  it('what is only old or long-winded is no error', async () => {
    const { readFileSync } = await import('node:fs');
    const short = readFileSync(alpha, 'utf8').replace('-destination', '-dest');
    const folder = folderWith({ 'alpha.conf': short });
    const document = await dryRun([path.join(folder, 'alpha.conf'), beta], brief);
    expect(document).toMatchObject({ good: true, problems: [] });
  });
});
