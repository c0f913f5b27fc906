/** What is predicted of two swanctl.conf, against what two real daemons did with them. */
import { describe, expect, it } from 'vitest';
import { judgeByConfiguration, recordedSetting } from '../../scripts/fidelity/analytic.js';
import { compareVerdicts, type Pair, type PairVerdict } from '../../scripts/fidelity/verdict.js';
import { fidelity, judges, printReport, readLines } from '../../scripts/fidelity.js';
import { sharedMissing, sharedPath } from '../support/shared.js';

const folder = sharedPath('vectors', 'charon-pairs');

describe.skipIf(folder === undefined)(`the recorded pairs${folder === undefined ? ` (${sharedMissing})` : ''}`, () => {
  it('come out as recorded in every field, by the configurations alone', async () => {
    const verdicts = readLines<PairVerdict & { id: string }>(`${folder}/verdicts.jsonl`);
    const report = await fidelity(
      readLines<Pair>(`${folder}/pairs.jsonl`),
      new Map(verdicts.map((verdict) => [verdict.id, verdict])),
      judges.analytic!,
    );
    expect(report.pairs).toBe(120);
    expect(report.disagreements, printReport(report)).toEqual([]);
  });
});

describe('a verdict', () => {
  const side = (own: string, peer: string, more = '') => `connections { c {
    version = 2
    local_addrs = ${own}
    remote_addrs = ${peer}
    proposals = aes128-sha256-modp2048
    local { auth = psk }
    remote { auth = psk }
    children { net { ${more} } } } }
  secrets { ike { secret = Plover-Sand-77 } }`;
  const pair = (left: string, right = left): Pair => ({
    id: 'x',
    left: side('10.99.0.1', '10.99.0.2', `local_ts = 10.1.0.0/16\nremote_ts = 10.2.0.0/16\n${left}`),
    right: side('10.99.0.2', '10.99.0.1', `local_ts = 10.2.0.0/16\nremote_ts = 10.1.0.0/16\n${right}`),
  });

  it('tells a pair whose first rekey fails', () => {
    const verdict = judgeByConfiguration(
      pair('esp_proposals = aes128gcm16-modp2048', 'esp_proposals = aes128gcm16'),
      recordedSetting,
    );
    expect(verdict).toMatchObject({ ike: true, child: true, rekey: false });
    expect(verdict.rekeyNotifies).toEqual(['NO_PROPOSAL_CHOSEN', 'NO_PROP']);
  });

  it('differs where a field does, and only there', () => {
    const real = judgeByConfiguration(pair('esp_proposals = aes128gcm16'), recordedSetting);
    const ours = judgeByConfiguration(pair('esp_proposals = aes256gcm16'), recordedSetting);
    expect(compareVerdicts(real, real)).toEqual([]);
    expect(compareVerdicts(real, ours)).toEqual([{ field: 'childSa.encr-keysize', real: '128', ours: '256' }]);
  });
});
