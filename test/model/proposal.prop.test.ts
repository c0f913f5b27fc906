import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attributeNames,
  differingAttributes,
  type ProposalAttribute,
  type ProposalLike,
  proposalAttributes,
  selectProposal,
} from '../../src/model/proposal.js';
import { applyChange, chosenName, smallestChanges } from '../../src/model/proposal-changes.js';
import { authentication, encryption, keyExchange, prf } from '../../src/model/transform.js';

const some = <T>(values: readonly T[], minLength: number) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength, maxLength: values.length });
const ciphers = ['AES-CBC-128', 'AES-CBC-256', '3DES-CBC', 'AES-GCM-16-128', 'NULL'].map(encryption);
const hashes = ['HMAC-SHA1-96', 'HMAC-SHA2-256-128', 'HMAC-MD5-96'].map(authentication);
const prfs = ['HMAC-SHA1', 'HMAC-SHA2-256'].map(prf);
const groups = [2, 14, 19].map((id) => keyExchange(id)!);

const ikeProposal: fc.Arbitrary<ProposalLike> = fc.record({
  name: fc.constant('ike'),
  encryption: some(ciphers, 1),
  authentication: some(hashes, 0),
  prf: some(prfs, 1),
  keyExchange: some(groups, 1),
});
const childProposal: fc.Arbitrary<ProposalLike> = fc.oneof(
  fc.record({
    name: fc.constant('esp'),
    protocol: fc.constant('ESP' as const),
    encryption: some(ciphers, 1),
    authentication: some(hashes, 0),
    esn: some(['no-esn', 'esn'] as const, 1),
    keyExchange: some(groups, 0),
  }),
  fc.record({
    name: fc.constant('ah'),
    protocol: fc.constant('AH' as const),
    encryption: fc.constant([]),
    authentication: some(hashes, 1),
    esn: some(['no-esn', 'esn'] as const, 1),
  }),
);
const lists = fc.oneof(
  fc.tuple(fc.array(ikeProposal, { maxLength: 5 }), fc.array(ikeProposal, { maxLength: 5 })),
  fc.tuple(fc.array(childProposal, { maxLength: 5 }), fc.array(childProposal, { maxLength: 5 })),
);
const preference = fc.constantFrom('initiator' as const, 'responder' as const);

/** Every combination of one name for each attribute that a proposal allows, by brute force. */
function suites(proposal: ProposalLike): Set<string> {
  let all: string[][] = [[]];
  for (const attribute of proposalAttributes)
    all = all.flatMap((head) => attributeNames(proposal, attribute).map((name) => [...head, name]));
  return new Set(all.filter((suite) => isSound(suite)).map((suite) => suite.join(' ')));
}

function isSound([protocol, cipher, integrity]: readonly string[]): boolean {
  if (cipher!.includes('GCM')) return integrity === 'NONE';
  if (protocol === 'NONE' || integrity !== 'NONE') return true;
  return protocol === 'ESP' && cipher !== 'NULL';
}

describe('selectProposal', () => {
  it('chooses a suite that is in both proposals, and finds one exactly when there is one', () => {
    fc.assert(
      fc.property(lists, preference, ([offered, own], order) => {
        const selection = selectProposal(offered, own, { preference: order });
        const common = offered.some((theirs) =>
          own.some((ours) => [...suites(theirs)].some((suite) => suites(ours).has(suite))),
        );
        expect(selection.kind).toBe(common ? 'selected' : 'mismatch');
        if (selection.kind !== 'selected') return;
        const suite = proposalAttributes
          .map((attribute) =>
            attribute === 'protocol'
              ? protocolName(selection.transforms.protocol)
              : esnName(selection.transforms, attribute),
          )
          .join(' ');
        expect(suites(offered[selection.offered]!)).toContain(suite);
        expect(suites(own[selection.own]!)).toContain(suite);
      }),
    );
  });

  it('finds something in one direction exactly when it does in the other', () => {
    fc.assert(
      fc.property(lists, ([a, b]) => {
        expect(selectProposal(a, b).kind).toBe(selectProposal(b, a).kind);
      }),
    );
  });

  it("chooses the initiator's first proposal that fits", () => {
    fc.assert(
      fc.property(lists, ([offered, own]) => {
        const selection = selectProposal(offered, own);
        if (selection.kind !== 'selected') return;
        for (const earlier of offered.slice(0, selection.offered))
          expect(selectProposal([earlier], own).kind).toBe('mismatch');
      }),
    );
  });

  it('names differing attributes exactly where nothing fits', () => {
    fc.assert(
      fc.property(lists, ([offered, own]) => {
        const selection = selectProposal(offered, own);
        if (selection.kind === 'selected') {
          expect(differingAttributes(offered[selection.offered]!, own[selection.own]!)).toEqual([]);
          return;
        }
        for (const { differing } of selection.differences) expect(differing.length).toBeGreaterThan(0);
        const fewest = Math.min(...selection.differences.map(({ differing }) => differing.length));
        if (selection.closest && selection.closest.differing[0] !== 'protocol')
          expect(selection.closest.differing.length).toBeGreaterThanOrEqual(fewest);
        expect(selection.closest === undefined).toBe(offered.length === 0 || own.length === 0);
      }),
    );
  });
});

describe('smallestChanges', () => {
  it('only names changes after which a proposal is chosen, and no fewer edits would do on that side', () => {
    fc.assert(
      fc.property(lists, ([offered, own]) => {
        for (const change of smallestChanges(offered, own)) {
          const [left, right] =
            change.side === 'offered' ? [applyChange(offered, change), own] : [offered, applyChange(own, change)];
          expect(selectProposal(offered, own).kind).toBe('mismatch');
          expect(selectProposal(left, right).kind).toBe('selected');
          for (const { attribute, add } of change.edits) expect(chosenName(change.transforms, attribute)).toBe(add);
        }
      }),
    );
  });
});

function protocolName(protocol: string): string {
  return protocol === 'IKE' ? 'NONE' : protocol;
}

function esnName(transforms: Parameters<typeof chosenName>[0], attribute: ProposalAttribute): string {
  return attribute === 'esn' && transforms.protocol === 'IKE' ? 'NONE' : chosenName(transforms, attribute);
}
