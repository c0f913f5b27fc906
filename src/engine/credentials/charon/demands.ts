/** What a connection demands of how its peer was believed (complies of auth_cfg.c, 5.9.8). */
import { demandText, meetsDemand, type SignatureDemand } from '../../../model/signature-demands.js';
import type { PadEntry } from '../../../model/system-config.js';
import { type Certified, describeCertificate, isSame } from './certified.js';
import type { Evidence } from './chain.js';

/** The certificates and keys that an entry names for its peer. */
export interface Named {
  readonly authorities: readonly Certified[];
  readonly peers: readonly Certified[];
}

const keyWords: Readonly<Record<string, string>> = { RSA: 'RSA', EC: 'ECDSA' };

/** Why a peer that is believed is not good enough, one sentence without a full stop; undefined where it is. */
export function demandFault(
  pad: PadEntry,
  named: Named,
  evidence: Evidence | undefined,
  used: SignatureDemand | undefined,
): string | undefined {
  const { remoteSignatureDemands, revocation } = pad;
  const demands = remoteSignatureDemands?.value;
  if (revocation && revocation.value !== 'relaxed' && evidence) {
    const bad = evidence.revocation.find(
      ({ state }) => state !== 'good' && !(revocation.value === 'if-uri' && state === 'skipped'),
    );
    if (bad) {
      const why = {
        good: '',
        skipped: 'no list says',
        failed: 'no list that it names can be had',
        stale: 'the list is out of date',
      };
      return `whether ${describeCertificate(bad.of)} is revoked cannot be told (${why[bad.state]}), and revocation is ${revocation.value === 'strict' ? 'strict' : 'ifuri'}`;
    }
  }
  if (demands && evidence) {
    const scheme = evidence.signatures.find((one) => !meetsDemand(one, demands.certificates));
    if (scheme) return `a certificate of its chain is signed by ${demandText(scheme)}, which auth does not allow`;
    if (used && !meetsDemand(used, demands.exchange))
      return `it signs by ${demandText(used)}, which auth does not allow`;
    // A demand for one kind of key refuses every other one of those that have a strength to name.
    const key = evidence.keys.find(
      ({ kind, bits }) =>
        demands.keys.length > 0 &&
        keyWords[kind] !== undefined &&
        !demands.keys.some((wanted) => wanted.kind === kind && wanted.bits <= bits),
    );
    if (key) return `its chain has a key of ${keyWords[key.kind]} with ${key.bits} bits, which auth does not allow`;
  }
  const isHere = (one: Certified) =>
    one.kind === 'certificate' &&
    evidence?.authorities.some((certificate) => isSame(one, { kind: 'certificate', certificate, key: undefined }));
  if (named.authorities.length > 0 && !named.authorities.some(isHere)) {
    const wanted = named.authorities
      .flatMap((one) => (one.kind === 'certificate' ? [describeCertificate(one.certificate)] : []))
      .join('; ');
    return `its certificate does not lead to what cacerts names: ${wanted}`;
  }
  if (named.peers.length > 0 && !named.peers.some((one) => evidence && isSame(one, evidence.subject)))
    return 'its certificate is none of those that certs or pubkeys names';
  return undefined;
}
