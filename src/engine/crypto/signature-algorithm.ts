/**
 * Signature schemes as ASN.1 AlgorithmIdentifiers: how X.509 (RFC 3279, RFC 4055, RFC 5758, RFC 8410) and IKEv2's Digital
 * Signature method (RFC 7427 §3) name them.
 */
import type { SignatureDemand } from '../../model/signature-demands.js';
import { context, type DerReader, readDer, tags } from './asn1/der.js';
import { derElement, derInteger, derNull, derObjectIdentifier, derSequence } from './asn1/der-writer.js';
import { dsaSignatureOids, ecdsaSignatureOids, hashOfOid, hashOids, oids, rsaSignatureOids } from './asn1/oids.js';
import type { HashName } from './provider.js';
import type { KeyKind, SignatureScheme } from './signature-scheme.js';

/** The scheme of an AlgorithmIdentifier in DER; undefined where it is malformed or unknown to us. */
export function readSignatureAlgorithm(der: Uint8Array): SignatureScheme | undefined {
  const read = readDer(der, (reader) => readAlgorithm(reader.sequence()));
  return read.kind === 'value' ? read.value : undefined;
}

function readAlgorithm(algorithm: DerReader): SignatureScheme | undefined {
  const oid = algorithm.objectIdentifier();
  if (oid === oids.rsassaPss) return readPss(algorithm);
  const rsaHash = hashOfOid(rsaSignatureOids, oid);
  // RFC 4055 §5 wants NULL here and elsewhere nothing; some have neither, which does no harm.
  if (rsaHash && !algorithm.atEnd) algorithm.content(tags.null);
  algorithm.end();
  if (rsaHash) return { kind: 'RSASSA-PKCS1-v1_5', hash: rsaHash };
  const ecdsaHash = hashOfOid(ecdsaSignatureOids, oid);
  if (ecdsaHash) return { kind: 'ECDSA', hash: ecdsaHash, encoding: 'DER' };
  const dsaHash = hashOfOid(dsaSignatureOids, oid);
  if (dsaHash) return { kind: 'DSA', hash: dsaHash, encoding: 'DER' };
  return oid === oids.ed25519 || oid === oids.ed448 ? { kind: 'EdDSA' } : undefined;
}

const pssDefaults = { hash: 'SHA1', saltLength: 20, trailer: 1 } as const;

/** RSASSA-PSS-params (RFC 4055 §3.1): MGF1 with another hash than the message's is not ours. */
function readPss(algorithm: DerReader): SignatureScheme | undefined {
  const parameters = algorithm.sequence();
  algorithm.end();
  const field = (number: number): DerReader | undefined => parameters.optional(context(number, 'constructed'));
  const hashField = field(0);
  const hash = hashField ? readHash(hashField.sequence()) : pssDefaults.hash;
  const maskField = field(1)?.sequence();
  const isMgf1 = maskField === undefined || maskField.objectIdentifier() === oids.mgf1;
  const maskHash = maskField ? readHash(maskField.sequence()) : pssDefaults.hash;
  const saltLength = field(2)?.smallInteger() ?? pssDefaults.saltLength;
  const trailer = field(3)?.smallInteger() ?? pssDefaults.trailer;
  parameters.end();
  const known = hash !== undefined && hash === maskHash && isMgf1 && trailer === pssDefaults.trailer;
  return known ? { kind: 'RSASSA-PSS', hash, saltLength } : undefined;
}

function readHash(algorithm: DerReader): HashName | undefined {
  const hash = hashOfOid(hashOids, algorithm.objectIdentifier());
  if (!algorithm.atEnd) algorithm.content(tags.null);
  algorithm.end();
  return hash;
}

/**
 * The AlgorithmIdentifier of a scheme, exactly as RFC 7427 appendix A has it; undefined for what has none: IKEv1's bare
 * hashes, raw pairs of integers and MD5 but with RSA.
 */
export function writeSignatureAlgorithm(scheme: SignatureScheme, key: KeyKind): Uint8Array | undefined {
  switch (scheme.kind) {
    case 'RSASSA-PKCS1-v1_5':
      return derSequence(derObjectIdentifier(rsaSignatureOids[scheme.hash]), derNull());
    case 'RSA-raw-hash':
      return undefined;
    case 'RSASSA-PSS':
      return derSequence(derObjectIdentifier(oids.rsassaPss), pssParameters(scheme.hash, scheme.saltLength));
    case 'DSA':
    case 'ECDSA': {
      if (scheme.encoding === 'raw' || scheme.hash === 'prehashed' || scheme.hash === 'MD5') return undefined;
      const table = scheme.kind === 'DSA' ? dsaSignatureOids : ecdsaSignatureOids;
      return derSequence(derObjectIdentifier(table[scheme.hash]));
    }
    case 'EdDSA':
      return derSequence(derObjectIdentifier(key === 'Ed448' ? oids.ed448 : oids.ed25519));
  }
}

/** DER leaves defaults out. */
function pssParameters(hash: HashName, saltLength: number): Uint8Array {
  const algorithm = derSequence(derObjectIdentifier(hashOids[hash]), derNull());
  const field = (number: number, content: Uint8Array): Uint8Array =>
    derElement(context(number, 'constructed'), content);
  return derSequence(
    ...(hash === pssDefaults.hash
      ? []
      : [field(0, algorithm), field(1, derSequence(derObjectIdentifier(oids.mgf1), algorithm))]),
    ...(saltLength === pssDefaults.saltLength ? [] : [field(2, derInteger(BigInt(saltLength)))]),
  );
}

/** A way to sign as demands name it. */
export function demandOf(scheme: SignatureScheme): SignatureDemand {
  switch (scheme.kind) {
    case 'EdDSA':
      return { scheme: 'EdDSA' };
    case 'ECDSA':
    case 'DSA':
      return { scheme: 'ECDSA', hash: scheme.hash };
    case 'RSASSA-PSS':
      return { scheme: 'RSASSA-PSS', hash: scheme.hash };
    case 'RSASSA-PKCS1-v1_5':
      return { scheme: 'RSASSA-PKCS1-v1_5', hash: scheme.hash };
    case 'RSA-raw-hash':
      return { scheme: 'RSASSA-PKCS1-v1_5' };
  }
}
