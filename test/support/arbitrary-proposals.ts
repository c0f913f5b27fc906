/** Proposals of IKE and of SAs with every kind of algorithm, for properties. */
import fc from 'fast-check';
import type { ChildProposal, EntrySource, IkeProposal } from '../../src/model/system-config.js';
import { authentication, encryption, keyExchange, prf } from '../../src/model/transform.js';

const sourced = <T>(value: T) => ({ value, origin: { kind: 'builtin', what: 'a made-up configuration' } }) as const;

const aeads = ['AES-GCM-16-128', 'AES-GCM-16-256', 'AES-GCM-12-192', 'AES-CCM-16-128', 'CHACHA20-POLY1305'] as const;
const ciphers = ['AES-CBC-128', 'AES-CBC-192', 'AES-CBC-256', '3DES-CBC', 'AES-CTR-128', 'CAMELLIA-CBC-256'] as const;
const macs = [
  'HMAC-SHA1-96',
  'HMAC-SHA2-256-128',
  'HMAC-SHA2-384-192',
  'HMAC-SHA2-512-256',
  'HMAC-MD5-96',
  'AES-XCBC-96',
] as const;
const prfs = ['HMAC-SHA1', 'HMAC-SHA2-256', 'HMAC-SHA2-384', 'HMAC-SHA2-512', 'AES128-XCBC'] as const;
const hashes = ['HMAC-SHA1', 'HMAC-SHA2-256', 'HMAC-SHA2-512', 'HMAC-MD5'] as const;
const groupNumbers = [2, 5, 14, 15, 19, 20, 31] as const;

const several = <T>(from: readonly T[], maxLength = 2) =>
  fc.uniqueArray(fc.constantFrom(...from), { minLength: 1, maxLength });
const groupsOf = (numbers: readonly number[]) => numbers.map((number) => keyExchange(number)!);
export const groups = several(groupNumbers).map(groupsOf);

export function ikeProposal(version: 1 | 2): fc.Arbitrary<IkeProposal> {
  if (version === 1) {
    return fc.tuple(several(ciphers.slice(0, 4)), several(hashes), groups).map(
      ([encryptions, prf_, keyExchanges]): IkeProposal => ({
        name: 'made up',
        encryption: encryptions.map(encryption),
        authentication: [],
        prf: prf_.map(prf),
        keyExchange: keyExchanges,
      }),
    );
  }
  const plain = fc
    .tuple(several(ciphers.slice(0, 4)), several(macs))
    .map(([encryptions, integrity]) => [encryptions.map(encryption), integrity.map(authentication)] as const);
  const combined = several(aeads).map((encryptions) => [encryptions.map(encryption), []] as const);
  return fc.tuple(fc.oneof(plain, combined), several(prfs), groups).map(
    ([[encryptions, integrity], prf_, keyExchanges]): IkeProposal => ({
      name: 'made up',
      encryption: encryptions,
      authentication: integrity,
      prf: prf_.map(prf),
      keyExchange: keyExchanges,
    }),
  );
}

export const lifetimes = fc.record({
  lifetimeSeconds: fc.constantFrom(3600, 28_800, 14_400),
  lifetimeKilobytes: fc.constantFrom(0, 0, 100_000),
});

export function childProposal(
  of: EntrySource,
  isIkev1: boolean,
  life: { lifetimeSeconds: number; lifetimeKilobytes: number },
): fc.Arbitrary<ChildProposal> {
  const rest = {
    source: of,
    name: 'made up',
    lifetimeSeconds: sourced(life.lifetimeSeconds),
    lifetimeKilobytes: sourced(life.lifetimeKilobytes),
  };
  // Of what IKEv1 has no number for, or products take for something else in it, nothing is asked for in it.
  const esn = isIkev1
    ? fc.constant<ChildProposal['esn']>(['no-esn'])
    : fc.constantFrom<ChildProposal['esn']>(['no-esn'], ['no-esn'], ['esn'], ['no-esn', 'esn']);
  const combined = isIkev1 ? aeads.filter((name) => encryption(name).espId !== 28) : aeads;
  const esp = fc.oneof(
    fc.tuple(several(ciphers), several(macs)),
    fc.tuple(several(combined), fc.constant([])),
    fc.tuple(fc.constant(['NULL']), several(macs)),
  );
  return fc
    .oneof(
      { weight: 5, arbitrary: fc.tuple(fc.constant('ESP' as const), esp, esn) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('AH' as const), fc.tuple(fc.constant([]), several(macs)), esn) },
    )
    .map(
      ([protocol, [encryptions, integrity], sequence]): ChildProposal => ({
        ...rest,
        protocol,
        encryption: encryptions.map(encryption),
        authentication: integrity.map(authentication),
        esn: sequence,
      }),
    );
}
