import { describe, expect, it } from 'vitest';
import {
  compareProposals,
  type ProposalLike,
  type ProposalMismatch,
  type SelectedProposal,
  selectProposal,
  withGroups,
} from '../../src/model/proposal.js';
import { applyChange, smallestChanges } from '../../src/model/proposal-changes.js';
import { strongerSuite } from '../../src/model/proposal-strength.js';
import { authentication, encryption, keyExchange, prf } from '../../src/model/transform.js';

/** `aes-cbc-128/hmac-sha1-96/hmac-sha1/2`, each part a `+` list. */
function ike(text: string): ProposalLike {
  const [ciphers = '', hashes = '', prfs = '', groups = ''] = text.split('/');
  const list = <T>(part: string, read: (name: string) => T) => (part === '' ? [] : part.split('+').map(read));
  return {
    name: text,
    encryption: list(ciphers, encryption),
    authentication: list(hashes, authentication),
    prf: list(prfs, prf),
    keyExchange: list(groups, (id) => keyExchange(Number(id))!),
  };
}

function child(ciphers: string, hashes: string, esn: ProposalLike['esn'] = ['no-esn']): ProposalLike {
  const protocol = ciphers === '' ? 'AH' : 'ESP';
  return { ...ike(`${ciphers}/${hashes}`), prf: undefined, keyExchange: undefined, protocol, esn };
}

const strong = ike('AES-CBC-256/HMAC-SHA2-256-128/HMAC-SHA2-256/14');
const weak = ike('3DES-CBC/HMAC-SHA1-96/HMAC-SHA1/2');

function selected(offered: readonly ProposalLike[], own: readonly ProposalLike[], options = {}): SelectedProposal {
  const selection = selectProposal(offered, own, options);
  if (selection.kind !== 'selected') throw new Error('nothing was selected');
  return selection;
}

function mismatch(offered: readonly ProposalLike[], own: readonly ProposalLike[], options = {}): ProposalMismatch {
  const selection = selectProposal(offered, own, options);
  if (selection.kind !== 'mismatch') throw new Error('something was selected');
  return selection;
}

describe('selectProposal', () => {
  it("follows the initiator's order unless the responder's is asked for (RFC 7296 §2.7)", () => {
    expect(selected([strong, weak], [weak, strong])).toMatchObject({ offered: 0, own: 1 });
    expect(selected([strong, weak], [weak, strong], { preference: 'responder' })).toMatchObject({ offered: 1, own: 0 });
  });

  it('follows the same order within one proposal', () => {
    const offered = [ike('AES-CBC-128+AES-CBC-256/HMAC-SHA1-96/HMAC-SHA1/14+2')];
    const own = [ike('AES-CBC-256+AES-CBC-128/HMAC-SHA1-96/HMAC-SHA1/2+14')];
    expect(selected(offered, own).transforms).toMatchObject({
      encryption: { name: 'AES-CBC-128' },
      keyExchange: { id: 14 },
    });
    expect(selected(offered, own, { preference: 'responder' }).transforms).toMatchObject({
      encryption: { name: 'AES-CBC-256' },
      keyExchange: { id: 2 },
    });
  });

  it('takes key lengths for different ciphers', () => {
    const { closest } = mismatch(
      [ike('AES-CBC-128/HMAC-SHA1-96/HMAC-SHA1/2')],
      [ike('AES-CBC-256/HMAC-SHA1-96/HMAC-SHA1/2')],
    );
    expect(closest).toEqual({ offered: 0, own: 0, differing: ['encryption'] });
  });

  it('combines an AEAD cipher with no integrity algorithm only (RFC 5282 §8)', () => {
    const aead = ike('AES-GCM-16-256//HMAC-SHA2-256/19');
    expect(selected([aead], [aead]).transforms.integrity).toBeUndefined();
    const mixed = ike('AES-GCM-16-256+AES-CBC-256/HMAC-SHA2-256-128/HMAC-SHA2-256/19');
    expect(selected([mixed], [mixed]).transforms).toMatchObject({
      encryption: { name: 'AES-CBC-256' },
      integrity: { name: 'HMAC-SHA2-256-128' },
    });
    const broken = ike('AES-GCM-16-256/HMAC-SHA2-256-128/HMAC-SHA2-256/19');
    expect(mismatch([broken], [broken]).closest?.differing).toEqual(['integrity']);
  });

  it('refuses ESP with NULL and no integrity (RFC 4303 §3.2), and takes ESP without integrity', () => {
    expect(mismatch([child('NULL', '')], [child('NULL', '')]).closest?.differing).toEqual(['integrity']);
    expect(selected([child('DES-CBC', '')], [child('DES-CBC', '')]).transforms.encryption?.name).toBe('DES-CBC');
  });

  it('tells AH and ESP apart before anything else', () => {
    const { closest, comparison } = mismatch([child('', 'HMAC-SHA1-96')], [child('AES-CBC-128', 'HMAC-SHA1-96')]);
    expect(closest?.differing[0]).toBe('protocol');
    expect(comparison[0]).toEqual({ attribute: 'protocol', offered: ['AH'], accepted: ['ESP'], common: [] });
  });

  it('takes an offer that says nothing of ESN for one without (RFC 4304 §2)', () => {
    const silent = child('AES-CBC-128', 'HMAC-SHA1-96', undefined);
    expect(selected([silent], [child('AES-CBC-128', 'HMAC-SHA1-96')]).transforms.esn).toBe('no-esn');
    expect(mismatch([silent], [child('AES-CBC-128', 'HMAC-SHA1-96', ['esn'])]).closest?.differing).toEqual(['esn']);
    expect(
      selected([child('AES-CBC-128', 'HMAC-SHA1-96', ['esn', 'no-esn'])], [child('AES-CBC-128', 'HMAC-SHA1-96')])
        .transforms.esn,
    ).toBe('no-esn');
  });

  it('compares the groups of Child SAs only where both lists carry them', () => {
    const esp = [child('AES-CBC-128', 'HMAC-SHA1-96')];
    const group = (id: number) => [keyExchange(id)!];
    expect(selectProposal(esp, esp).kind).toBe('selected');
    expect(mismatch(withGroups(esp, group(14)), withGroups(esp, group(19))).closest?.differing).toEqual([
      'key-exchange',
    ]);
    expect(mismatch(withGroups(esp, group(14)), esp).closest?.differing).toEqual(['key-exchange']);
    // An IKEv1 responder without PFS obeys, one with PFS insists.
    expect(selected(withGroups(esp, group(14)), esp, { acceptAnyGroup: true }).transforms.keyExchange?.id).toBe(14);
    expect(mismatch(esp, withGroups(esp, group(14)), { acceptAnyGroup: true }).closest?.differing).toEqual([
      'key-exchange',
    ]);
  });

  it('says when the key exchange data was of the wrong group (INVALID_KE_PAYLOAD)', () => {
    const offered = [ike('AES-CBC-128/HMAC-SHA1-96/HMAC-SHA1/19+14')];
    const own = [ike('AES-CBC-128/HMAC-SHA1-96/HMAC-SHA1/14')];
    expect(selected(offered, own).wrongGuess).toMatchObject({ guessed: { id: 19 }, wanted: { id: 14 } });
    expect(selected(offered, own, { guessedGroup: keyExchange(14)! }).wrongGuess).toBeUndefined();
    expect(selected(own, own).wrongGuess).toBeUndefined();
  });

  it('explains a mismatch by the closest pair and a table', () => {
    const offered = [weak, ike('AES-CBC-128/HMAC-SHA1-96/HMAC-SHA1/2')];
    const own = [ike('AES-CBC-128/HMAC-SHA1-96/HMAC-SHA1/14'), strong];
    const { closest, differences, comparison } = mismatch(offered, own);
    expect(closest).toEqual({ offered: 1, own: 0, differing: ['key-exchange'] });
    expect(differences).toHaveLength(4);
    expect(differences[0]).toEqual({ offered: 0, own: 0, differing: ['encryption', 'key-exchange'] });
    expect(comparison).toEqual([
      {
        attribute: 'encryption',
        offered: ['3DES-CBC', 'AES-CBC-128'],
        accepted: ['AES-CBC-128', 'AES-CBC-256'],
        common: ['AES-CBC-128'],
      },
      {
        attribute: 'integrity',
        offered: ['HMAC-SHA1-96'],
        accepted: ['HMAC-SHA1-96', 'HMAC-SHA2-256-128'],
        common: ['HMAC-SHA1-96'],
      },
      {
        attribute: 'prf',
        offered: ['HMAC-SHA1'],
        accepted: ['HMAC-SHA1', 'HMAC-SHA2-256'],
        common: ['HMAC-SHA1'],
      },
      { attribute: 'key-exchange', offered: ['MODP-1024'], accepted: ['MODP-2048'], common: [] },
    ]);
  });

  it('tells of the closest pair what it lacks, where each algorithm is on both sides but not in one proposal', () => {
    const { comparison, closestComparison } = mismatch(
      [ike('3DES-CBC/HMAC-SHA1-96/HMAC-SHA1/2')],
      [ike('3DES-CBC/HMAC-MD5-96/HMAC-MD5/1'), ike('AES-CBC-128/HMAC-SHA1-96/HMAC-SHA1/2')],
    );
    expect(comparison.every(({ common }) => common.length > 0)).toBe(true);
    expect(closestComparison).toEqual([
      { attribute: 'encryption', offered: ['3DES-CBC'], accepted: ['AES-CBC-128'], common: [] },
    ]);
  });

  it('has no closest pair where one side has no proposals', () => {
    expect(mismatch([], [strong])).toEqual({
      kind: 'mismatch',
      differences: [],
      closestComparison: [],
      comparison: compareProposals([], [strong]),
    });
  });
});

describe('smallestChanges', () => {
  it('offers one edit on either side, the stronger result first', () => {
    const changes = smallestChanges(
      [ike('AES-CBC-128/HMAC-SHA1-96/HMAC-SHA1/2')],
      [ike('AES-CBC-128/HMAC-SHA1-96/HMAC-SHA1/14')],
    );
    expect(changes.map(({ side, edits }) => ({ side, edits }))).toEqual([
      { side: 'offered', edits: [{ attribute: 'key-exchange', add: 'MODP-2048' }] },
      { side: 'own', edits: [{ attribute: 'key-exchange', add: 'MODP-1024' }] },
    ]);
  });

  it('changes the cipher and what belongs to it together', () => {
    const cbc = [child('AES-CBC-128', 'HMAC-SHA1-96')];
    const gcm = [child('AES-GCM-16-256', '')];
    const [change] = smallestChanges(cbc, gcm);
    expect(change).toMatchObject({
      side: 'offered',
      edits: [
        { attribute: 'encryption', add: 'AES-GCM-16-256' },
        { attribute: 'integrity', add: 'NONE' },
      ],
    });
    expect(selectProposal(applyChange(cbc, change!), gcm).kind).toBe('selected');
  });

  it('has nothing to say where a proposal is common', () => {
    expect(smallestChanges([strong, weak], [weak])).toEqual([]);
  });
});

describe('strongerSuite', () => {
  it('finds what the order of preference gave away', () => {
    const chosen = selected([weak, strong], [weak, strong]).transforms;
    expect(strongerSuite([weak, strong], [weak, strong], chosen)).toMatchObject({
      offered: 1,
      own: 1,
      better: ['encryption', 'integrity', 'key-exchange'],
    });
  });

  it('does not count more where there is enough', () => {
    const quick = ike('AES-CBC-128/HMAC-SHA2-256-128/HMAC-SHA2-256/19');
    const slow = ike('AES-CBC-256/HMAC-SHA2-512-256/HMAC-SHA2-512/20');
    expect(
      strongerSuite([quick, slow], [slow, quick], selected([quick, slow], [slow, quick]).transforms),
    ).toBeUndefined();
  });
});
