/** What is predicted of two swanctl.conf, against what two real daemons did with them. */
import { describe, expect, it } from 'vitest';
import { agreement, printAgreements } from '../../scripts/fidelity/agreement.js';
import { judgeByConfiguration } from '../../scripts/fidelity/analytic.js';
import { readPairs, readVerdicts } from '../../scripts/fidelity/input.js';
import { pairHosts, randomPairs } from '../../scripts/fidelity/random-pairs.js';
import { recordedSetting, settingOf } from '../../scripts/fidelity/setting.js';
import { createSimulator } from '../../scripts/fidelity/simulation.js';
import { compareVerdicts, type Pair, type PairVerdict } from '../../scripts/fidelity/verdict.js';
import { judgeNamed, judgeNames, main } from '../../scripts/fidelity.js';
import { folderWith } from '../support/folder.js';
import { sharedMissing, sharedPath } from '../support/shared.js';

const folder = sharedPath('vectors', 'charon-pairs');

describe.skipIf(folder === undefined)(`the recorded pairs${folder === undefined ? ` (${sharedMissing})` : ''}`, () => {
  it.each(judgeNames)('come out as recorded in every field: %s', async (name) => {
    const { verdicts } = readVerdicts(`${folder}/verdicts.jsonl`);
    const pairs = readPairs(`${folder}/pairs.jsonl`);
    const found = await agreement(name, await judgeNamed(name, recordedSetting), pairs, verdicts);
    expect(found.pairs).toBe(120);
    expect(found.disagreements, printAgreements([found])).toEqual([]);
  });
});

const side = (own: string, peer: string, more = '') => `connections { c {
    version = 2
    local_addrs = ${own}
    remote_addrs = ${peer}
    proposals = aes128-sha256-modp2048
    local { auth = psk }
    remote { auth = psk }
    children { net { ${more} } } } }
  secrets { ike { secret = Plover-Sand-77 } }`;
const pair = (left: string, right = left, id = 'x'): Pair => ({
  id,
  left: side('10.99.0.1', '10.99.0.2', `local_ts = 10.1.0.0/16\nremote_ts = 10.2.0.0/16\n${left}`),
  right: side('10.99.0.2', '10.99.0.1', `local_ts = 10.2.0.0/16\nremote_ts = 10.1.0.0/16\n${right}`),
});

describe('the simulator and the configurations alone', () => {
  it('come to the same verdicts about random pairs', async () => {
    const simulator = await createSimulator();
    const daemon = 'charon { i_dont_care_about_security_and_use_aggressive_mode_psk = yes }';
    const setting = settingOf(pairHosts.left, pairHosts.right, 'libipsec', daemon);
    const said = randomPairs(20261130, 250).flatMap((each) =>
      compareVerdicts(judgeByConfiguration(each, setting), simulator.judge(each, setting)).map(
        ({ field, real, ours }) => `${each.id}: ${field} is ${real} by the configurations, ${ours} by simulation`,
      ),
    );
    expect(said).toEqual([]);
  });
});

describe.each(judgeNames)('a verdict of the %s', (name) => {
  it('tells a pair whose first rekey fails', async () => {
    const judge = await judgeNamed(name, recordedSetting);
    const verdict = await judge(pair('esp_proposals = aes128gcm16-modp2048', 'esp_proposals = aes128gcm16'));
    expect(verdict).toMatchObject({ ike: true, child: true, rekey: false });
    expect([...(verdict.rekeyNotifies ?? [])].sort()).toEqual(['NO_PROP', 'NO_PROPOSAL_CHOSEN']);
  });

  it('differs where a field does, and only there', async () => {
    const judge = await judgeNamed(name, recordedSetting);
    const real = await judge(pair('esp_proposals = aes128gcm16'));
    expect(compareVerdicts(real, real)).toEqual([]);
    expect(compareVerdicts(real, await judge(pair('esp_proposals = aes256gcm16')))).toEqual([
      { field: 'childSa.encr-keysize', real: '128', ours: '256' },
    ]);
  });

  it('depends on what carries the packets', async () => {
    const ah = pair('ah_proposals = sha256');
    const kernel = settingOf(['10.99.0.1'], ['10.99.0.2'], 'kernel');
    expect((await (await judgeNamed(name, kernel))(ah)).childSa).toMatchObject({ protocol: 'AH' });
    const userspace = await (await judgeNamed(name, recordedSetting))(ah);
    expect(userspace).toMatchObject({ ike: true, child: false });
    expect([...userspace.notifies].sort()).toEqual(['NO_PROP', 'NO_PROPOSAL_CHOSEN']);
  });

  it('says that a daemon would not take a configuration', async () => {
    const judge = await judgeNamed(name, recordedSetting);
    expect(await judge(pair('esp_proposals = aes128gcm16', 'esp_proposals = nonsense'))).toMatchObject({
      loaded: false,
      ike: false,
    });
  });
});

describe('the command', () => {
  const good = pair('esp_proposals = aes128gcm16', undefined, 'good');
  const bad = pair('esp_proposals = aes128gcm16', 'esp_proposals = aes256gcm16', 'bad');
  const verdictOf = ({ id, ...rest }: Pair) => ({ id, ...judgeByConfiguration({ id, ...rest }, recordedSetting) });

  async function run(...words: string[]) {
    let [out, notes] = ['', ''];
    const code = await main(
      words,
      (text) => {
        out += text;
      },
      (text) => {
        notes += `${text}\n`;
      },
    );
    return { code, out, notes };
  }
  const lines = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).join('\n');
  it('tells agreement for each field, both judges side by side', async () => {
    const at = folderWith({ 'p.jsonl': lines([good, bad]), 'v.jsonl': lines([good, bad].map(verdictOf)) });
    const { code, out, notes } = await run(`${at}/p.jsonl`, `${at}/v.jsonl`, '--judge', 'both');
    expect({ code, notes }).toEqual({ code: 0, notes: '' });
    expect(out).toContain('simulation: 2 pairs, 2 of them equal in every field');
    expect(out).toMatch(/^field +simulation +analysis$/m);
    expect(out).toMatch(/^child +2 of 2 +2 of 2$/m);
  });

  it('tells each disagreement, and ends with 1', async () => {
    const wrong: PairVerdict & { id: string } = { ...verdictOf(good), initiatorTimedOut: true };
    const at = folderWith({ 'p.json': JSON.stringify([good]), 'v.jsonl': lines([wrong]) });
    const { code, out } = await run(`${at}/p.json`, `${at}/v.jsonl`);
    expect(code).toBe(1);
    expect(out).toContain('simulation: 1 pairs, 0 of them equal in every field');
    expect(out).toContain('  initiatorTimedOut: the daemons true, we false');
  });

  it('reads folders of pairs, and says what is without its other half', async () => {
    const at = folderWith({
      'pairs/one/left/swanctl.conf': good.left,
      'pairs/one/right/swanctl.conf': good.right,
      'pairs/two.json': JSON.stringify(bad),
      'pairs/verdicts.jsonl': lines([verdictOf(bad)]),
      'v.jsonl': lines([{ ...verdictOf(good), id: 'one', weather: 'fine' }, verdictOf({ ...bad, id: 'three' })]),
    });
    const { code, out, notes } = await run(`${at}/pairs`, `${at}/v.jsonl`);
    expect(code).toBe(0);
    expect(out).toContain('1 pairs, 1 of them equal');
    expect(notes).toContain('1 of 2 pairs have no verdict');
    expect(notes).toContain('1 of 2 verdicts are for pairs that are not there');
    expect(notes).toContain('fields that are not compared: weather');
  });

  it('takes one pair alone', async () => {
    const at = folderWith({ 'p.jsonl': lines([good, bad]), 'v.jsonl': lines([good, bad].map(verdictOf)) });
    const { code, out } = await run(`${at}/p.jsonl`, `${at}/v.jsonl`, '--only', 'bad');
    expect(code).toBe(0);
    expect(out).toContain('1 pairs');
  });

  it.each([
    ['no words', () => [], 'PAIRS and VERDICTS are expected'],
    ['a judge that is none', (at: string) => [`${at}/p.jsonl`, `${at}/v.jsonl`, '--judge', 'oracle'], "not 'oracle'"],
    ['an option that is none', (at: string) => [`${at}/p.jsonl`, `${at}/v.jsonl`, '--loud'], '--loud'],
    ['a file that is not there', (at: string) => [`${at}/none`, `${at}/v.jsonl`], 'there is no such file'],
    ['text that is not JSON', (at: string) => [`${at}/broken.jsonl`, `${at}/v.jsonl`], 'broken.jsonl:2: not JSON'],
    ['a pair without right', (at: string) => [`${at}/half.jsonl`, `${at}/v.jsonl`], "'right' is not the text"],
    ['a pair twice', (at: string) => [`${at}/twice.jsonl`, `${at}/v.jsonl`], "two pairs have the id 'good'"],
    ['an empty file', (at: string) => [`${at}/empty`, `${at}/v.jsonl`], 'there are no pairs in it'],
    ['a verdict without ike', (at: string) => [`${at}/p.jsonl`, `${at}/odd.jsonl`], "'ike' is neither true nor false"],
    ['pairs for verdicts', (at: string) => [`${at}/p.jsonl`, `${at}/p.jsonl`], "'ike' is neither true nor false"],
    ['an address that is none', (at: string) => [`${at}/p.jsonl`, `${at}/v.jsonl`, '--left', 'here'], 'no address'],
    [
      'a pair to choose that is not there',
      (at: string) => [`${at}/p.jsonl`, `${at}/v.jsonl`, '--only', 'z'],
      '--only z',
    ],
  ])('refuses %s with 2 and a reason', async (_, words, reason) => {
    const at = folderWith({
      'p.jsonl': lines([good]),
      'v.jsonl': lines([verdictOf(good)]),
      'broken.jsonl': `${lines([good])}\n{ nothing`,
      'half.jsonl': lines([{ id: 'h', left: good.left }]),
      'twice.jsonl': lines([good, good]),
      'odd.jsonl': lines([{ id: 'good', child: false }]),
      empty: '',
    });
    const { code, out, notes } = await run(...words(at));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(notes).toContain(reason);
  });

  it('ends with 1 where nothing is compared', async () => {
    const at = folderWith({ 'p.jsonl': lines([good]), 'v.jsonl': lines([verdictOf(bad)]) });
    const { code, notes } = await run(`${at}/p.jsonl`, `${at}/v.jsonl`);
    expect(code).toBe(1);
    expect(notes).toContain('nothing was compared');
  });
});
